import { resized } from '../../core/growable.ts';
import type { ByteIntern } from '../byte-intern.ts';
import { HeldNames } from './held-names.ts';
import { HeldRequest } from './held-request.ts';
import type { MappedRequest } from './mapped-request.ts';
import type { ReadSpan } from './read-span.ts';
import { RecentTraces } from './recent-traces.ts';
import { type HeldSpans, HOLD, PART, REQUEST, type Verdict } from './server-mapping.ts';
import { dueMs, type WaitLimits } from './wait-limits.ts';
import { WaitQueue } from './wait-queue.ts';

/** Beyond, the one that waits longest counts at once. */
const MAX_WAITING = 16_384;
/** How long a trace is known at the least: a request may go on after its model has answered. */
const KNOWN_MS = 60_000;
const START_NOTES = 1024;
/** After the start, until it is known whether models' spans come in beside those of HTTP. */
const LEARN_MS = 120_000;
/** After the last request of a model, during which HTTP spans wait for others. */
const REMEMBER_MS = 600_000;

interface Waiting {
  readonly traceHigh: number;
  readonly traceLow: number;
  readonly request: HeldRequest;
  dueMs: number;
}

/**
 * One request, one count: a span of HTTP whose trace holds a request of a model is a part of it, in whatever order and
 * by whichever exports they come. Mappings of models note their traces; spans of HTTP wait for that. Where no request of
 * a model came for ten minutes, none waits, so that points of plain HTTP servers are not late.
 */
export class TraceJoin implements HeldSpans {
  readonly #limits: WaitLimits;
  readonly #names: HeldNames;
  readonly #traces: RecentTraces;
  readonly #waiting = new WaitQueue<Waiting>();
  readonly #decided = new WaitQueue<Waiting>();
  /** Of the message being read: words of trace ids in pairs, and spans. */
  #notes = new Uint32Array(START_NOTES);
  #noteWords = 0;
  #spans: Waiting[] = [];
  #startMs = Number.NaN;
  #lastNoteMs = Number.NEGATIVE_INFINITY;
  #mayJoin: boolean;
  evicted = 0;

  constructor(limits: WaitLimits, intern: ByteIntern) {
    this.#limits = limits;
    this.#names = new HeldNames(intern);
    this.#traces = new RecentTraces(KNOWN_MS);
    this.#mayJoin = limits.waitMs > 0;
  }

  get waiting(): number {
    return this.#waiting.length + this.#decided.length;
  }

  /** Hot. The span is a request of a model. */
  note(span: ReadSpan): void {
    if (this.#limits.waitMs === 0) return;
    if (this.#noteWords === this.#notes.length) this.#notes = resized(this.#notes, this.#noteWords * 2);
    this.#notes[this.#noteWords++] = span.traceId[2];
    this.#notes[this.#noteWords++] = span.traceId[3];
  }

  /** Hot. Whether the span of HTTP, of which `request` says what is known, is the request itself. */
  judge({ traceId }: ReadSpan, request: MappedRequest): Verdict {
    if (!this.#mayJoin) return REQUEST;
    const traceHigh = traceId[2];
    const traceLow = traceId[3];
    if (this.#traces.has(traceHigh, traceLow)) return PART;
    this.#spans.push({ traceHigh, traceLow, request: new HeldRequest(request, this.#names), dueMs: 0 });
    return HOLD;
  }

  commit(nowMs: number): void {
    if (Number.isNaN(this.#startMs)) this.#startMs = nowMs;
    const notes = this.#notes;
    this.#traces.expire(nowMs);
    for (let k = 0; k < this.#noteWords; k += 2) this.#traces.note(notes[k], notes[k + 1], nowMs);
    if (this.#noteWords > 0) this.#lastNoteMs = nowMs;
    for (const span of this.#spans) this.#wait(span, nowMs);
    this.#mayJoin =
      this.#limits.waitMs > 0 && (nowMs - this.#startMs < LEARN_MS || nowMs - this.#lastNoteMs < REMEMBER_MS);
    this.rollback();
  }

  rollback(): void {
    this.#noteWords = 0;
    this.#spans = [];
  }

  settle(nowMs: number, out: MappedRequest): Verdict | undefined {
    const next = this.#decided.shift() ?? this.#shiftDue(nowMs);
    if (next === undefined) return undefined;
    next.request.restore(out, this.#names);
    return this.#traces.has(next.traceHigh, next.traceLow) ? PART : REQUEST;
  }

  #wait(span: Waiting, nowMs: number): void {
    span.dueMs = dueMs(this.#limits, span.request.endMs, nowMs);
    const isDecided = span.dueMs <= nowMs || this.#traces.has(span.traceHigh, span.traceLow);
    (isDecided ? this.#decided : this.#waiting).push(span);
  }

  #shiftDue(nowMs: number): Waiting | undefined {
    const first = this.#waiting.peek();
    if (first === undefined) return undefined;
    if (first.dueMs <= nowMs) return this.#waiting.shift();
    if (this.#waiting.length <= MAX_WAITING) return undefined;
    this.evicted++;
    return this.#waiting.shift();
  }
}
