import type { Clock } from '../core/clock.ts';
import type { RecordedRange } from './recorded-range.ts';
import { findRecorded } from './recorded-series.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { SeriesRecorder } from './series-recorder.ts';
import type { SeriesSelector } from './series-selector.ts';

/** How far back a series is looked at if nobody says otherwise. */
export const TRAILING_MS = 300_000;
/** How long after a recording is complete someone may come for it. */
const PATIENCE_MS = 60_000;

/** A series, and a range in Unix ms that may still lie ahead. */
export interface RangeRequest extends SeriesSelector {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TakenRange {
  readonly kind: 'taken';
  readonly range: RecordedRange;
}

/** It is not complete yet: ask again at `readyMs`. The series is recorded in the meantime. */
export interface RangeProgress {
  readonly kind: 'waiting';
  readonly readyMs: number;
  readonly nowMs: number;
  /** Watched so far, and of these with requests. */
  readonly slices: number;
  readonly active: number;
}

export interface RangeSourceParts {
  readonly recorder: SeriesRecorder;
  readonly clock: Clock;
  /** How long after its end a window's GPU figures come; undefined: none come. */
  readonly gpuDelayMs: () => number | undefined;
}

/** Takes ranges of series from the recorder, once nothing of them can come any more. */
export class RangeSource {
  readonly #parts: RangeSourceParts;

  constructor(parts: RangeSourceParts) {
    this.#parts = parts;
  }

  /** What a series did, complete. */
  take(request: RangeRequest): TakenRange | RangeProgress | Refusal {
    const { recorder, clock } = this.#parts;
    const nowMs = clock.wallMs();
    const readyMs = this.#readyMs(request.toMs);
    const { keepMs } = recorder.status();
    if (Math.max(readyMs, nowMs) - request.fromMs > keepMs) {
      const settling = `and late requests need ${Math.round((readyMs - request.toMs) / 1000)} s to come`;
      return refuse('bad_range', `recordings reach back ${keepMs / 1000} s (baseline.keep), ${settling}`);
    }
    recorder.followed.want(request, nowMs, readyMs + PATIENCE_MS);
    const found = findRecorded(recorder, request);
    if (found.kind === 'refused') return found;
    const range = recorder.read(found.followed, request.fromMs, request.toMs);
    if (nowMs < readyMs) return { kind: 'waiting', readyMs, nowMs, ...progressOf(range) };
    return { kind: 'taken', range };
  }

  /** What a series did in the last minutes, or in a range; as far as it is known. */
  look(selector: SeriesSelector, { fromMs, toMs }: Partial<RangeRequest>): TakenRange | Refusal {
    const { recorder, clock } = this.#parts;
    const found = findRecorded(recorder, selector);
    if (found.kind === 'refused') return found;
    const untilMs = toMs ?? recorder.settledMs(clock.wallMs());
    const range = recorder.read(found.followed, fromMs ?? untilMs - TRAILING_MS, untilMs);
    return { kind: 'taken', range };
  }

  #readyMs(toMs: number): number {
    const { recorder, clock, gpuDelayMs } = this.#parts;
    const nowMs = clock.wallMs();
    return toMs + Math.max(nowMs - recorder.settledMs(nowMs), gpuDelayMs() ?? 0);
  }
}

function progressOf({ numbers, ends }: RecordedRange): { slices: number; active: number } {
  let active = 0;
  for (let index = 0; index < ends.length; index++) if (ends[index] > (ends[index - 1] ?? 0)) active++;
  return { slices: numbers.length, active };
}
