import type { SourceCounts } from '../core/status.ts';
import { REJECTION_NAMES, Rejection } from './span-rules.ts';

/** Counts what came from one source; received = accepted + duplicate + Σ ignored + Σ rejected, always. */
export class SourceCounter {
  readonly #source: string;
  /** By rejection code; those of code 0 were accepted. */
  readonly #byCode = new Float64Array(REJECTION_NAMES.length);
  readonly #ignored = new Map<string, number>();
  #duplicate = 0;
  #malformed = 0;
  #clientDropped = 0;
  #discarded = 0;
  #lastRejection: SourceCounts['lastRejection'];

  constructor(source: string) {
    this.#source = source;
  }

  /** Spans that were accepted, or refused for this reason. */
  spans(code: number, count: number): void {
    this.#byCode[code] += count;
  }

  duplicates(spans: number): void {
    this.#duplicate += spans;
  }

  /** Spans that are no requests, as this rule says. */
  ignored(rule: string, spans: number): void {
    this.#ignored.set(rule, (this.#ignored.get(rule) ?? 0) + spans);
  }

  /** A message of metrics or logs. */
  discarded(): void {
    this.#discarded++;
  }

  clientDropped(spans: number): void {
    this.#clientDropped += spans;
  }

  malformed(detail: string, atMs: number): void {
    this.#malformed++;
    this.#lastRejection = { reason: 'malformed', detail, atMs };
  }

  rejection(reason: string, detail: string, atMs: number): void {
    this.#lastRejection = { reason, detail, atMs };
  }

  counts(): SourceCounts {
    const codes = REJECTION_NAMES.map((name, code) => [name, this.#byCode[code]] as const);
    const rejected = codes.slice(1).filter(([, spans]) => spans > 0);
    return {
      source: this.#source,
      received: this.#duplicate + sumOf(this.#byCode) + sumOf([...this.#ignored.values()]),
      accepted: this.#byCode[Rejection.none],
      duplicate: this.#duplicate,
      ignored: Object.fromEntries(this.#ignored),
      rejected: Object.fromEntries(rejected),
      malformed: this.#malformed,
      clientDropped: this.#clientDropped,
      discarded: this.#discarded,
      ...(this.#lastRejection === undefined ? {} : { lastRejection: this.#lastRejection }),
    };
  }
}

function sumOf(counts: Float64Array | readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
