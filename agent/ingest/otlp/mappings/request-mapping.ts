import { EMPTY_ID } from '../../byte-intern.ts';
import type { MappedRequest } from '../mapped-request.ts';
import type { ReadSpan } from '../read-span.ts';
import {
  type KeyTable,
  type MappingDeclaration,
  type MappingSlots,
  REQUEST,
  type ServerMapping,
  type Verdict,
} from '../server-mapping.ts';
import { FieldReader, keysOf, type RequestFields, statusOf } from './request-fields.ts';

/** What a mapping decides itself; the tables do the rest. */
interface RequestRules {
  /** Hot. Whether the span is of this kind of server. */
  claims(span: ReadSpan): boolean;
  /** Hot. Whether a claimed span is the request, a part of one, or ignored. */
  judge(span: ReadSpan): Verdict;
  /** Hot. What the tables cannot say of a request. */
  amend?(span: ReadSpan, out: MappedRequest): void;
}

export interface RequestMapping<
  A extends KeyTable,
  R extends KeyTable,
  E extends KeyTable,
  T extends KeyTable,
> {
  /** The tag `server`; empty: not known. */
  readonly server: string;
  readonly fields: RequestFields;
  /** Whether the server says which requests failed. If not, none has a status, and there is no error ratio. */
  readonly statesErrors: boolean;
  /** What its rules ask for beside that. */
  readonly attributes: A;
  readonly resource: R;
  readonly events: E;
  readonly texts: T;
  bind(slots: MappingSlots<A, R, E, T>): RequestRules;
}

const ERROR_TYPE = 'error.type';
const EXCEPTION = 'exception';
/** What `OTEL_RESOURCE_ATTRIBUTES=model=llama,variant=fp8` gives. */
const RESOURCE_MODEL = 'model';
const RESOURCE_VARIANT = 'variant';
/** Events that say when the first token was there, of servers and libraries that state no duration. */
const FIRST_TOKEN_EVENTS = [
  'first_token',
  'gen_ai.first_token',
  'llm.first_token',
  'gen_ai.content.first_chunk',
  'ai.stream.firstChunk',
  'First Token Stream Event',
];

/**
 * A mapping of a server whose requests are one span each: tables say where everything stands, rules which spans count.
 * Its requests make spans of HTTP in the same trace parts of them.
 */
export function declareRequests<
  A extends KeyTable,
  R extends KeyTable,
  E extends KeyTable,
  T extends KeyTable,
>(declared: RequestMapping<A, R, E, T>): MappingDeclaration {
  const { server, fields, attributes, resource, events, texts } = declared;
  return {
    server,
    attributes: { ...named([...keysOf(fields), ERROR_TYPE]), ...attributes },
    resource: { ...named([RESOURCE_MODEL, RESOURCE_VARIANT]), ...resource },
    events: { ...named([EXCEPTION, ...FIRST_TOKEN_EVENTS]), ...events },
    texts,
    bind: (slots) => bindRequests(declared, slots as MappingSlots<A, R, E, T>),
  };
}

function bindRequests<A extends KeyTable, R extends KeyTable, E extends KeyTable, T extends KeyTable>(
  declared: RequestMapping<A, R, E, T>,
  slots: MappingSlots<A, R, E, T>,
): ServerMapping {
  const { fields, statesErrors } = declared;
  const attributeSlots: Readonly<Record<string, number>> = slots.attributes;
  const reader = new FieldReader(fields, (key) => attributeSlots[key]);
  const complete = bindCommon(slots, statesErrors);
  const rules = declared.bind(slots);
  return {
    claims: rules.claims,
    map(span, out) {
      const verdict = rules.judge(span);
      if (verdict !== REQUEST) return verdict;
      reader.read(span, out);
      complete(span, out);
      rules.amend?.(span, out);
      slots.traces.note(span);
      return REQUEST;
    },
  };
}

/** What is the same of all: the resource's names, the event of the first token, and status. */
function bindCommon(
  slots: MappingSlots<KeyTable, KeyTable, KeyTable, KeyTable>,
  statesErrors: boolean,
): (span: ReadSpan, out: MappedRequest) => void {
  const errorType = slots.attributes[ERROR_TYPE];
  const exception = slots.events[EXCEPTION];
  const model = slots.resource[RESOURCE_MODEL];
  const variant = slots.resource[RESOURCE_VARIANT];
  const firstTokens = FIRST_TOKEN_EVENTS.map((name) => slots.events[name]);
  return (span, out) => {
    if (out.modelId === EMPTY_ID) out.modelId = span.resource.textId(model);
    if (out.variantId === EMPTY_ID) out.variantId = span.resource.textId(variant);
    if (Number.isNaN(out.ttftNs)) out.ttftNs = firstTokenNs(span, firstTokens);
    const hasFailed = statesErrors && (span.attributes.has(errorType) || span.hasEvent(exception));
    out.status = statusOf(out.status, hasFailed, statesErrors);
  };
}

function firstTokenNs(span: ReadSpan, events: readonly number[]): number {
  for (let k = 0; k < events.length; k++) {
    const ns = span.eventNs(events[k]);
    if (ns >= 0) return ns;
  }
  return Number.NaN;
}

function named(keys: readonly string[]): KeyTable {
  return Object.fromEntries(keys.map((key) => [key, key]));
}
