import { WireCursor } from '../wire-cursor.ts';
import { AttributeReader } from './attribute-reader.ts';
import type { MappingSet } from './mapping-set.ts';
import { SpanReader } from './span-reader.ts';

/** What is told of each span, which is in the mapping set's `span` then. */
export interface SpanVisitor {
  visitSpan(): void;
}

/**
 * Reads an `ExportTraceServiceRequest` (OTLP 1) span by span. What spans share (resource, scope) is read before them,
 * wherever it stands.
 */
export class TraceReader {
  readonly #set: MappingSet;
  readonly #cursor = new WireCursor();
  readonly #resource: AttributeReader;
  readonly #spans: SpanReader;

  constructor(set: MappingSet) {
    const { span, attributeKeys, resourceKeys, eventNames } = set;
    this.#set = set;
    this.#resource = new AttributeReader(this.#cursor, resourceKeys, span.resource);
    const attributes = new AttributeReader(this.#cursor, attributeKeys, span.attributes);
    this.#spans = new SpanReader(this.#cursor, span, attributes, eventNames);
  }

  /** Hot. Throws `MalformedBatch`; what was visited until then means nothing. */
  read(bytes: Uint8Array, visitor: SpanVisitor): void {
    const cursor = this.#cursor;
    const { span } = this.#set;
    const end = bytes.length;
    cursor.reset(bytes);
    span.attributes.view = cursor.view;
    span.resource.view = cursor.view;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) this.#readResourceSpans(cursor.lengthEnd(end), visitor);
      else cursor.skip(tag, end);
    }
  }

  #readResourceSpans(end: number, visitor: SpanVisitor): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    this.#set.span.resource.clear();
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) this.#readResource(cursor.lengthEnd(end));
      else cursor.skip(tag, end);
    }
    cursor.at = start;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 18) this.#readScopeSpans(cursor.lengthEnd(end), visitor);
      else cursor.skip(tag, end);
    }
  }

  #readResource(end: number): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 10) {
        const attributeEnd = cursor.lengthEnd(end);
        this.#resource.read(cursor.at, attributeEnd);
        cursor.at = attributeEnd;
      } else {
        cursor.skip(tag, end);
      }
    }
  }

  #readScopeSpans(end: number, visitor: SpanVisitor): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    let nameStart = start;
    let nameEnd = start;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag !== 10) {
        cursor.skip(tag, end);
        continue;
      }
      const scopeEnd = cursor.lengthEnd(end);
      while (cursor.at < scopeEnd) {
        const scopeTag = cursor.varint(scopeEnd);
        if (scopeTag === 10) {
          nameEnd = cursor.lengthEnd(scopeEnd);
          nameStart = cursor.at;
          cursor.at = nameEnd;
        } else {
          cursor.skip(scopeTag, scopeEnd);
        }
      }
    }
    this.#set.span.scope = this.#set.texts.slotOf(cursor.view, nameStart, nameEnd);
    cursor.at = start;
    this.#readSpans(end, visitor);
  }

  #readSpans(end: number, visitor: SpanVisitor): void {
    const cursor = this.#cursor;
    while (cursor.at < end) {
      const tag = cursor.varint(end);
      if (tag === 18) {
        this.#spans.read(cursor.lengthEnd(end));
        visitor.visitSpan();
      } else {
        cursor.skip(tag, end);
      }
    }
  }
}
