import { MalformedBatch } from '../malformed-batch.ts';
import type { AttributeKeys } from './attribute-keys.ts';
import type { AttributeValues } from './attribute-values.ts';
import { JsonTexts } from './json-texts.ts';
import {
  doubleOf,
  enumOf,
  integerOf,
  listOf,
  objectOf,
  readHexId,
  stringOf,
  unsignedOf,
} from './json-values.ts';
import type { MappingSet } from './mapping-set.ts';
import type { SpanVisitor } from './trace-reader.ts';

const NO_SLOT = -1;
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
);
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((code) => `STATUS_CODE_${code}`);
/** A code that does not exist. */
const UNKNOWN_CODE = 255;
const LOW_BITS = 0xffff_ffffn;

/**
 * Reads an `ExportTraceServiceRequest` in OTLP's JSON form (OTLP 1, "JSON Protobuf Encoding"), already parsed, into the
 * same span as `TraceReader`. Keys that it does not know are ignored; nothing is followed deeper than the format goes.
 */
export class JsonTraceReader {
  readonly #set: MappingSet;
  readonly #texts = new JsonTexts();

  constructor(set: MappingSet) {
    this.#set = set;
  }

  /** Throws `MalformedBatch`; what was visited until then means nothing. */
  read(value: unknown, visitor: SpanVisitor): void {
    if (typeof value !== 'object' || value === null) throw new MalformedBatch('the document is no object');
    for (const item of listOf(objectOf(value, 'the document')['resourceSpans'], 'resourceSpans')) {
      this.#readResourceSpans(item, visitor);
    }
  }

  #readResourceSpans(value: unknown, visitor: SpanVisitor): void {
    const { span, resourceKeys, texts } = this.#set;
    const resourceSpans = objectOf(value, 'resourceSpans');
    const resource = objectOf(resourceSpans['resource'], 'resource');
    this.#texts.clear();
    span.resource.clear();
    this.#readAttributes(resource['attributes'], resourceKeys, span.resource);
    for (const item of listOf(resourceSpans['scopeSpans'], 'scopeSpans')) {
      const scopeSpans = objectOf(item, 'scopeSpans');
      const scope = objectOf(scopeSpans['scope'], 'scope');
      span.scope = texts.slotOfText(stringOf(scope['name'], 'scope.name'));
      for (const spanValue of listOf(scopeSpans['spans'], 'spans')) {
        const keptEnd = this.#texts.end;
        this.#readSpan(spanValue);
        this.#setViews();
        visitor.visitSpan();
        this.#texts.end = keptEnd;
      }
    }
  }

  /** Texts may have moved while the span was read. */
  #setViews(): void {
    const { span } = this.#set;
    span.attributes.view = this.#texts.view;
    span.resource.view = this.#texts.view;
  }

  #readSpan(value: unknown): void {
    const { span, attributeKeys } = this.#set;
    const fields = objectOf(value, 'span');
    span.clear();
    readHexId(fields['traceId'], span.traceId, 'traceId');
    readHexId(fields['spanId'], span.spanId, 'spanId');
    readHexId(fields['parentSpanId'], span.parentId, 'parentSpanId');
    span.nameStart = this.#texts.add(stringOf(fields['name'], 'name'));
    span.nameEnd = this.#texts.end;
    span.kind = enumOf(fields['kind'], KINDS, 0);
    const startNs = unsignedOf(fields['startTimeUnixNano'], 'startTimeUnixNano');
    span.startLow = Number(startNs & LOW_BITS);
    span.startHigh = Number(startNs >> 32n);
    const endNs = unsignedOf(fields['endTimeUnixNano'], 'endTimeUnixNano');
    span.endLow = Number(endNs & LOW_BITS);
    span.endHigh = Number(endNs >> 32n);
    this.#readAttributes(fields['attributes'], attributeKeys, span.attributes);
    this.#readEvents(fields['events']);
    const status = objectOf(fields['status'], 'status');
    span.statusCode = Math.min(enumOf(status['code'], STATUS_CODES, UNKNOWN_CODE), UNKNOWN_CODE);
  }

  #readEvents(value: unknown): void {
    const { span, eventNames } = this.#set;
    for (const item of listOf(value, 'events')) {
      const event = objectOf(item, 'event');
      const slot = eventNames.slotOfText(stringOf(event['name'], 'event.name'));
      const timeNs = unsignedOf(event['timeUnixNano'], 'event.timeUnixNano');
      if (slot !== NO_SLOT) span.addEvent(slot, Number(timeNs & LOW_BITS), Number(timeNs >> 32n));
    }
  }

  #readAttributes(list: unknown, keys: AttributeKeys, values: AttributeValues): void {
    for (const item of listOf(list, 'attributes')) {
      const attribute = objectOf(item, 'attribute');
      const key = stringOf(attribute['key'], 'attribute.key');
      const slot = keys.slotOfText(key);
      if (slot !== NO_SLOT) this.#readValue(attribute['value'], slot, values);
    }
  }

  #readValue(value: unknown, slot: number, values: AttributeValues): void {
    const { stringValue, boolValue, intValue, doubleValue, ...others } = objectOf(value, 'attribute.value');
    if (isGiven(stringValue)) {
      const start = this.#texts.add(stringOf(stringValue, 'stringValue'));
      values.setText(slot, start, this.#texts.end);
    } else if (isGiven(boolValue)) {
      if (typeof boolValue !== 'boolean') throw new MalformedBatch('boolValue is neither true nor false');
      values.setBoolean(slot, boolValue);
    } else if (isGiven(intValue)) {
      values.setNumber(slot, integerOf(intValue, 'intValue'));
    } else if (isGiven(doubleValue)) {
      values.setNumber(slot, doubleOf(doubleValue, 'doubleValue'));
    } else if (OTHER_VALUES.some((name) => isGiven(others[name]))) {
      values.setOther(slot);
    } else {
      values.unset(slot);
    }
  }
}

const OTHER_VALUES = ['arrayValue', 'kvlistValue', 'bytesValue'];

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
