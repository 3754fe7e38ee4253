import { expect } from 'chai';
import { SpanStatus } from '../../agent/core/span-sink.ts';
import type { SeriesTotals } from '../../agent/core/totals.ts';
import { type Observation, sum } from './reference-windows.ts';

export const TOTAL_BOUNDS_SECONDS = [0.05, 0.1, 1];

/** The counters of a series against all its spans since it was opened: as these only grow, so do the counters. */
export function checkTotals(totals: SeriesTotals, own: readonly Observation[]): void {
  const good = own.filter(({ status }) => status !== SpanStatus.error);
  expect(totals.requests, `${totals.tags.model} in total`).to.equal(own.length);
  expect(totals.errors).to.equal(own.length - good.length);
  expect(totals.inputTokens).to.equal(sum(own.map((one) => one.inputTokens ?? 0)));
  expect(totals.outputTokens).to.equal(sum(own.map((one) => one.outputTokens ?? 0)));
  expect(totals.latency.count).to.equal(good.length);
  // Sums of nanoseconds are exact up to 2^53.
  const sumSeconds = sum(good.map((one) => one.durationNs)) / 1e9;
  expect(totals.latency.sumSeconds).to.be.closeTo(sumSeconds, 1e-6 + sumSeconds * 1e-12);
  TOTAL_BOUNDS_SECONDS.forEach((bound, i) => {
    const below = (seconds: number): number => good.filter((one) => one.durationNs <= seconds * 1e9).length;
    expect(totals.latency.buckets[i]).to.be.within(below(bound * 0.99), below(bound * 1.01));
  });
  for (const [name, phase] of Object.entries(totals.phases))
    expect(phase.count).to.equal(good.filter(({ phases }) => phases[name] !== undefined).length);
}
