import { expect } from 'chai';
import { slicesPerMinute } from '../../agent/core/minute-place.ts';
import type { Point } from '../../agent/core/point.ts';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import type { EmissionLog } from './emission-log.ts';
import { MODELS } from './model-actions.ts';
import type { ReferenceWindows } from './reference-windows.ts';

/** So many slices later than it could a minute's histogram is written. */
export const HISTOGRAM_DELAY = 2;

/** Holds the histograms of minutes against the reference. */
export class MinuteChecks {
  /** Of a minute. */
  readonly slices: number;
  readonly #reference: ReferenceWindows;
  readonly #intervalMs: number;

  constructor(reference: ReferenceWindows, intervalMs: number) {
    this.#reference = reference;
    this.slices = slicesPerMinute(intervalMs);
    this.#intervalMs = intervalMs;
  }

  /** Slices that are needed once they are final. */
  get keptSlices(): number {
    return this.slices + HISTOGRAM_DELAY;
  }

  /** Written once, when nothing can come any more, with every request that succeeded. Returns the coverage stated. */
  check(
    { series: { tags }, fields, timestampMs }: Point,
    { log, flush, finalEnd }: { log: EmissionLog; flush: number; finalEnd: number },
  ): number | undefined {
    if (tags['le'] !== '+Inf') return undefined;
    const end = timestampMs / this.#intervalMs;
    const { count, coverage_ratio } = fields as { count: number; coverage_ratio: number };
    expect(end % this.slices, 'a minute').to.equal(0);
    expect(end, 'final').to.be.at.most(finalEnd - HISTOGRAM_DELAY);
    expect(count, 'every request').to.equal(this.#successes(String(tags['model']), end));
    expect(log.write(`${tags['model']} histogram ${end}`, count, flush), 'once').to.equal(undefined);
    return coverage_ratio;
  }

  /** No minute with requests is left out of those that became final. */
  checkAll(
    { log, doubtfulEnd }: { log: EmissionLog; doubtfulEnd: number },
    finalBefore: number,
    final: number,
  ): void {
    const upTo = final - HISTOGRAM_DELAY;
    const after = Math.max(finalBefore - HISTOGRAM_DELAY, upTo - 200, doubtfulEnd);
    for (let end = after + 1; end <= upTo; end++) {
      if (end % this.slices !== 0) continue;
      for (let model = 0; model < MODELS; model++) {
        const key = `m${model} histogram ${end}`;
        expect(log.find(key)?.requests ?? 0, key).to.equal(this.#successes(`m${model}`, end));
      }
    }
  }

  #successes(model: string, end: number): number {
    const spans = this.#reference.spansIn(model, this.slices, end);
    return spans.filter(({ status }) => status !== SpanStatus.error).length;
  }
}
