import type { ClientClock } from './clock.ts';
import type { CompletionClock } from './completion-clock.ts';
import { RequestTimer } from './request-timer.ts';
import { Column, type SpanBuffer } from './span-buffer.ts';

/** `Status` of the wire contract. */
const StatusCode = { unknown: 0, ok: 1, error: 2 } as const;
/** 2^53 ns, the longest duration on the wire: 104 days. */
const MAX_DURATION_MS = 2 ** 53 / 1e6;
const MAX_COUNT = 2 ** 32 - 1;
const MAX_WEIGHT = 1e9;
/** The year 2554, where 64 bits of nanoseconds end. */
const MAX_UNIX_MS = 2 ** 64 / 1e6 - 1;

/** How a request ended; `unknown` counts as a success, but a series of such has no error ratio. */
export type RequestStatus = 'ok' | 'error' | 'unknown';

/** What may be said of a finished request beside its duration. Left out or NaN: unknown. */
export interface RequestDetails {
  /** Items in the request's batch. */
  readonly batchSize?: number | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  /** Since the start of the request. */
  readonly timeToFirstTokenMs?: number | undefined;
  /** How many requests this one stands for, if the caller samples: 1 / sampling rate. */
  readonly weight?: number | undefined;
  /** When the request completed, Unix ms; left out: now. */
  readonly endMs?: number | undefined;
}

export interface SpanDetails extends RequestDetails {
  /** Left out: `ok`. */
  readonly status?: RequestStatus | undefined;
  /** In the order in which the series declares its phases; NaN or missing: the request had no such phase. */
  readonly phasesMs?: ArrayLike<number> | undefined;
}

/** What the series of one client share. */
export interface SeriesContext {
  readonly buffer: SpanBuffer;
  readonly clock: ClientClock;
  readonly completions: CompletionClock;
  /** Counts a span that is not taken because of its arguments. */
  readonly refuse: (reason: string) => void;
}

const NO_DETAILS: SpanDetails = {};
const NO_FAULT = '';

/** The spans of one model and variant. Keep it: opening a series costs more than recording a span. */
export class Series<P extends string = string> {
  readonly #context: SeriesContext;
  readonly #buffer: SpanBuffer;
  /** The series id and the bits of `ok`. */
  readonly #okCode: number;
  readonly #fault: string;
  readonly #phaseNames: readonly P[];
  readonly #phaseColumns: readonly number[];

  /** Made by `Client.series`. With a `fault` every span is refused for it. */
  constructor(context: SeriesContext, id: number, phases: ReadonlyMap<P, number>, fault = NO_FAULT) {
    this.#context = context;
    this.#buffer = context.buffer;
    this.#okCode = id * 4 + StatusCode.ok;
    this.#fault = fault;
    this.#phaseNames = [...phases.keys()];
    this.#phaseColumns = [...phases.values()].map((phase) => Column.phases + phase);
    this.#buffer.fitPhases(1 + Math.max(-1, ...phases.values()));
  }

  /**
   * Counts one finished request; hot path (test/bench/client.ts). It never throws and never waits: a span with
   * a bad argument is refused whole and counted as `invalid`, one that finds the buffer full is `dropped`.
   */
  record(durationMs: number, details: SpanDetails = NO_DETAILS): void {
    const slot = this.#buffer.claim();
    if (slot < 0) return;
    const fault = this.#fill(slot, durationMs, details);
    if (fault === NO_FAULT) {
      this.#buffer.commit();
    } else {
      this.#buffer.abandon(slot);
      this.#context.refuse(fault);
    }
  }

  /** Starts to measure a request, which ends with `end()` or `fail()` of what this returns. */
  start(): RequestTimer<P> {
    return new RequestTimer<P>(this, this.#phaseNames, this.#context);
  }

  #fill(slot: number, durationMs: number, details: SpanDetails): string {
    try {
      if (this.#fault !== NO_FAULT) return this.#fault;
      if (!isBetween(durationMs, 0, MAX_DURATION_MS)) return 'durationMs: must be a number from 0';
      const buffer = this.#buffer;
      const row = slot * buffer.stride;
      buffer.values[row + Column.durationMs] = durationMs;
      const { status, phasesMs, endMs } = details;
      buffer.seriesStatus[slot] = this.#okCode;
      if (status !== undefined && status !== 'ok') {
        if (status !== 'error' && status !== 'unknown') return 'status: must be ok, error or unknown';
        buffer.seriesStatus[slot] = this.#okCode - StatusCode.ok + StatusCode[status];
      }
      buffer.values[row + Column.endMs] = endMs === undefined ? this.#context.completions.nowMs() : endMs;
      if (endMs !== undefined && !isBetween(endMs, 0, MAX_UNIX_MS)) return 'endMs: must be Unix milliseconds';
      if (phasesMs !== undefined && !putPhases(buffer, row, this.#phaseColumns, phasesMs)) {
        return 'phasesMs: more than declared, or not a number from 0';
      }
      return details === NO_DETAILS ? NO_FAULT : putCounts(buffer, row, details);
    } catch {
      return 'details: reading them threw';
    }
  }
}

// Plain functions: calls of private methods cost the hot path some nanoseconds each.

function putPhases(
  buffer: SpanBuffer,
  row: number,
  columns: readonly number[],
  ms: ArrayLike<number>,
): boolean {
  const count = ms.length;
  if (!(count <= columns.length)) return false;
  const values = buffer.values;
  for (let i = 0; i < count; i++) {
    const value = ms[i];
    if (isBetween(value, 0, MAX_DURATION_MS)) values[row + (columns[i] as number)] = value;
    else if (value !== undefined && !Number.isNaN(value)) return false;
  }
  return true;
}

function putCounts(buffer: SpanBuffer, row: number, details: SpanDetails): string {
  const { batchSize, inputTokens, outputTokens, timeToFirstTokenMs, weight } = details;
  const values = buffer.values;
  if (batchSize !== undefined && !put(values, row + Column.batchSize, batchSize, MAX_COUNT))
    return 'batchSize: must be a number from 0';
  if (inputTokens !== undefined && !put(values, row + Column.inputTokens, inputTokens, MAX_COUNT))
    return 'inputTokens: must be a number from 0';
  if (outputTokens !== undefined && !put(values, row + Column.outputTokens, outputTokens, MAX_COUNT))
    return 'outputTokens: must be a number from 0';
  if (
    timeToFirstTokenMs !== undefined &&
    !put(values, row + Column.firstTokenMs, timeToFirstTokenMs, MAX_DURATION_MS)
  ) {
    return 'timeToFirstTokenMs: must be a number from 0';
  }
  if (weight !== undefined && !put(values, row + Column.weight, weight, MAX_WEIGHT))
    return 'weight: must be a number from 0';
  return NO_FAULT;
}

/** False if the value is bad; with NaN the place stays NaN. */
function put(values: Float64Array, place: number, value: number, max: number): boolean {
  if (isBetween(value, 0, max)) {
    values[place] = value;
    return true;
  }
  return Number.isNaN(value);
}

function isBetween(value: number, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
