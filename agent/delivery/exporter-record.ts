import type { Clock } from '../core/clock.ts';
import type { Exporter } from '../core/exporter.ts';
import type { Degradation } from '../core/health.ts';
import type { DeadLetter, ExporterStatus } from '../core/status.ts';

/** What became of the points of one batch. */
export interface Tally {
  exported: number;
  rejected: number;
}

type Waiting = Pick<ExporterStatus, 'waitingPoints' | 'waitingMs'>;

const MAX_DEAD_LETTERS = 20;
const MAX_LETTER_CHARACTERS = 500;
/** One failure may be a hiccup; the second in a row is trouble that a user should see. */
const FAILURES_TO_REPORT = 2;
/** How long the loss of points is said after it happened. */
const REPORT_LOSS_MS = 300_000;

/** How one exporter fares: counters since the start, and its trouble of now. */
export class ExporterRecord {
  readonly #exporter: Exporter;
  readonly #clock: Clock;
  readonly #deadLetters: DeadLetter[] = [];
  #state: ExporterStatus['state'] = 'idle';
  #trouble: { readonly reason: string; readonly sinceMs: number } | undefined;
  #failuresInRow = 0;
  #exports = 0;
  #exportsFailed = 0;
  #pointsExported = 0;
  #pointsRejected = 0;
  #pointsDropped = 0;
  #droppedMs = Number.NEGATIVE_INFINITY;
  #exportMs: number | undefined;
  #lastSuccessMs: number | undefined;

  constructor(exporter: Exporter, clock: Clock) {
    this.#exporter = exporter;
    this.#clock = clock;
  }

  /** A request was answered, whatever the answer. */
  requested(exportMs: number): void {
    this.#exports += 1;
    this.#exportMs = exportMs;
  }

  succeeded(): void {
    this.#state = 'ok';
    this.#trouble = undefined;
    this.#failuresInRow = 0;
    this.#lastSuccessMs = this.#clock.wallMs();
  }

  /** The request has to be repeated. Returns whether that is news. */
  failed(state: 'retrying' | 'holding', reason: string): boolean {
    const isNews = this.#trouble?.reason !== reason;
    this.#state = state;
    this.#exportsFailed += 1;
    this.#failuresInRow += 1;
    this.#trouble = { reason, sinceMs: this.#trouble?.sinceMs ?? this.#clock.wallMs() };
    return isNews;
  }

  finished(tally: Tally): void {
    this.#pointsExported += tally.exported;
    this.#pointsRejected += tally.rejected;
  }

  dropped(points: number): void {
    this.#pointsDropped += points;
    this.#droppedMs = this.#clock.wallMs();
  }

  /** Keeps the last 20 lines that the other side refused for good. */
  buried(line: string, reason: string): void {
    this.#deadLetters.push({
      line: line.slice(0, MAX_LETTER_CHARACTERS).trimEnd(),
      reason: reason.slice(0, MAX_LETTER_CHARACTERS),
      atMs: this.#clock.wallMs(),
    });
    if (this.#deadLetters.length > MAX_DEAD_LETTERS) this.#deadLetters.shift();
  }

  status(waiting: Waiting): ExporterStatus {
    return {
      name: this.#exporter.name,
      durable: this.#exporter.durable,
      state: this.#state,
      exports: this.#exports,
      exportsFailed: this.#exportsFailed,
      pointsExported: this.#pointsExported,
      pointsRejected: this.#pointsRejected,
      pointsDropped: this.#pointsDropped,
      ...waiting,
      ...(this.#trouble && { reason: this.#trouble.reason }),
      ...(this.#exportMs !== undefined && { exportMs: this.#exportMs }),
      ...(this.#lastSuccessMs !== undefined && { lastSuccessMs: this.#lastSuccessMs }),
      ...(this.#deadLetters.length > 0 && { deadLetters: [...this.#deadLetters] }),
    };
  }

  degradations(): readonly Degradation[] {
    const component = `exporter:${this.#exporter.name}`;
    const found: Degradation[] = [];
    if (
      this.#trouble !== undefined &&
      (this.#state === 'holding' || this.#failuresInRow >= FAILURES_TO_REPORT)
    ) {
      found.push({ component, ...this.#trouble });
    }
    if (this.#clock.wallMs() - this.#droppedMs < REPORT_LOSS_MS) {
      const reason = `${this.#pointsDropped} points were lost since the start: it could not keep up`;
      found.push({ component, reason, sinceMs: this.#droppedMs });
    }
    return found;
  }
}
