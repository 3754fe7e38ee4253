import type { RequestDetails, RequestStatus, Series, SeriesContext } from './series.ts';

/**
 * Measures one request with the machine's monotonic clock, and records it when it ends; a request that never
 * ends is never counted. Its methods never throw.
 */
export class RequestTimer<P extends string = string> {
  readonly #series: Series<P>;
  readonly #phaseNames: readonly P[];
  readonly #context: SeriesContext;
  readonly #phasesMs: number[];
  readonly #startMs: number;
  #phase = -1;
  #phaseStartMs = 0;
  #firstTokenMs = Number.NaN;
  #ended = false;

  /** Made by `Series.start`. */
  constructor(series: Series<P>, phaseNames: readonly P[], context: SeriesContext) {
    this.#series = series;
    this.#phaseNames = phaseNames;
    this.#context = context;
    this.#phasesMs = phaseNames.map(() => Number.NaN);
    this.#startMs = context.clock.monotonicMs();
  }

  /** Ends the phase that runs, if any, and begins `name`, which may run more than once: its times add up. */
  phase(name: P): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#closePhase(nowMs);
    this.#phase = this.#phaseNames.indexOf(name);
    this.#phaseStartMs = nowMs;
  }

  /** The first token is out; later calls change nothing. */
  firstToken(): void {
    if (Number.isNaN(this.#firstTokenMs)) {
      this.#firstTokenMs = this.#context.clock.monotonicMs() - this.#startMs;
    }
  }

  /** The request succeeded. Only the first `end` or `fail` counts. */
  end(details?: RequestDetails): void {
    this.#finish('ok', details);
  }

  /** The request failed. Only the first `end` or `fail` counts. */
  fail(details?: RequestDetails): void {
    this.#finish('error', details);
  }

  #finish(status: RequestStatus, details: RequestDetails | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const nowMs = this.#context.clock.monotonicMs();
    this.#closePhase(nowMs);
    try {
      this.#series.record(nowMs - this.#startMs, {
        timeToFirstTokenMs: this.#firstTokenMs,
        ...details,
        phasesMs: this.#phasesMs,
        status,
      });
    } catch {
      this.#context.refuse('details: reading them threw');
    }
  }

  #closePhase(nowMs: number): void {
    if (this.#phase < 0) return;
    const spentMs = this.#phasesMs[this.#phase] as number;
    this.#phasesMs[this.#phase] = (Number.isNaN(spentMs) ? 0 : spentMs) + nowMs - this.#phaseStartMs;
    this.#phase = -1;
  }
}
