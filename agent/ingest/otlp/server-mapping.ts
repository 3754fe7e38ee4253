import type { ByteIntern } from '../byte-intern.ts';
import type { MappedRequest } from './mapped-request.ts';
import type { ReadSpan } from './read-span.ts';
import type { TraceJoin } from './trace-join.ts';
import type { WaitLimits } from './wait-limits.ts';

/** What a mapping made of a span that it claimed. Kept as constants: the hot path compares them, and makes none. */
export type Verdict =
  /** The span is a request, and `MappedRequest` says what is known of it. */
  | { readonly kind: 'request' }
  /** Undecided until spans of other exports are seen: it is kept, and settled once through `HeldSpans`. */
  | { readonly kind: 'hold' }
  /** No request: counted as ignored by this rule, a short name in snake case. */
  | { readonly kind: 'ignored'; readonly rule: string };

export const REQUEST: Verdict = { kind: 'request' };
export const HOLD: Verdict = { kind: 'hold' };
/** It belongs to a request that another span states. */
export const PART: Verdict = ignoredBy('part_of_request');

/** To be called once for each rule, not for each span. */
export function ignoredBy(rule: string): Verdict {
  return { kind: 'ignored', rule };
}

/** Names of our own → the strings of the wire. */
export type KeyTable = Readonly<Record<string, string>>;
type SlotTable<K extends KeyTable> = { readonly [Name in keyof K]: number };

/** How the spans of one kind of server are understood, once the keys have slots. Pure but for what it holds. */
export interface ServerMapping {
  /** Hot. Whether the span is of this kind of server; the first mapping that claims a span gets it. */
  claims(span: ReadSpan): boolean;
  /** Hot. Says what a claimed span is, and what is known of the request. */
  map(span: ReadSpan, out: MappedRequest): Verdict;
  /** Where its spans wait for those of other exports, if it keeps a place of its own. */
  readonly held?: HeldSpans;
}

/**
 * Spans that wait for others of their trace: each that got the verdict `hold` is settled once, as a request or as
 * ignored. What `map` learns from the spans of a message counts once the whole message has parsed. Bounded, and no span
 * waits for ever. Interned ids are void in another generation of the intern table.
 */
export interface HeldSpans {
  /** The message that `map` was called for has parsed. */
  commit(nowMs: number): void;
  /** It has not: nothing was learned from it. */
  rollback(): void;
  /**
   * The verdict on a span that is decided or has waited long enough (all of them, if `nowMs` is infinite), never `hold`;
   * undefined: there is none. `out` is filled with the request, and with the `source` of a span that is ignored.
   */
  settle(nowMs: number, out: MappedRequest): Verdict | undefined;
  /** How many requests wait now. */
  readonly waiting: number;
  /** How many requests counted before they had waited long enough, because too many waited. */
  readonly evicted: number;
}

/** The slots of what a mapping's tables ask for, by the names that it gave them. */
export interface MappingSlots<
  A extends KeyTable,
  R extends KeyTable,
  E extends KeyTable,
  T extends KeyTable,
> {
  /** For `ReadSpan.attributes`. */
  readonly attributes: SlotTable<A>;
  /** For `ReadSpan.resource`. */
  readonly resource: SlotTable<R>;
  /** For `ReadSpan.eventNs` and `hasEvent`. */
  readonly events: SlotTable<E>;
  /** To compare `ReadSpan.name`, `ReadSpan.scope` and `AttributeValues.known` with. */
  readonly texts: SlotTable<T>;
  readonly intern: ByteIntern;
  /** Which traces hold a request of a model, and the spans that wait to know. */
  readonly traces: TraceJoin;
  readonly waiting: WaitLimits;
}

/** A kind of server as its file in `mappings/` declares it: what it asks for, and what it makes of it. */
export interface MappingDeclaration<
  A extends KeyTable = KeyTable,
  R extends KeyTable = KeyTable,
  E extends KeyTable = KeyTable,
  T extends KeyTable = KeyTable,
> {
  /** The tag `server`. */
  readonly server: string;
  /** Keys of span attributes. */
  readonly attributes: A;
  /** Keys of resource attributes. */
  readonly resource: R;
  /** Names of events. */
  readonly events: E;
  /** Names of spans and scopes, and values of attributes, that it compares with. */
  readonly texts: T;
  bind(slots: MappingSlots<A, R, E, T>): ServerMapping;
}

/** Gives a declaration its types: the slots that `bind` gets have the names of the tables. */
export function declareMapping<
  A extends KeyTable,
  R extends KeyTable,
  E extends KeyTable,
  T extends KeyTable,
>(declaration: MappingDeclaration<A, R, E, T>): MappingDeclaration {
  return declaration as MappingDeclaration;
}
