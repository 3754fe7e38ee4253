import type { OperatorCounts } from '../../core/status.ts';
import type { OperatorRejection } from './operator-rules.ts';

/** Counts what profilers reported; received = accepted + duplicate + Σ rejected, always. */
export class OperatorCounter {
  readonly #rejected = new Map<OperatorRejection, number>();
  #profiles = 0;
  #accepted = 0;
  #duplicate = 0;
  #malformed = 0;
  #lastRejection: OperatorCounts['lastRejection'];

  profile(accepted: number): void {
    this.#profiles++;
    this.#accepted += accepted;
  }

  duplicates(operators: number): void {
    this.#duplicate += operators;
  }

  rejected(
    reason: OperatorRejection,
    operators: number,
    { detail, atMs }: { detail: string; atMs: number },
  ): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + operators);
    this.#lastRejection = { reason, detail, atMs };
  }

  malformed(detail: string, atMs: number): void {
    this.#malformed++;
    this.#lastRejection = { reason: 'malformed', detail, atMs };
  }

  counts(): OperatorCounts {
    const rejected = [...this.#rejected.values()].reduce((sum, count) => sum + count, 0);
    return {
      source: 'operator_report',
      profiles: this.#profiles,
      received: this.#accepted + this.#duplicate + rejected,
      accepted: this.#accepted,
      duplicate: this.#duplicate,
      rejected: Object.fromEntries(this.#rejected),
      malformed: this.#malformed,
      ...(this.#lastRejection === undefined ? {} : { lastRejection: this.#lastRejection }),
    };
  }
}
