import { compareRecordings } from '../../agent/baseline/compare.ts';
import type { Comparison, Verdict } from '../../agent/baseline/comparison.ts';
import type { Recording } from '../../agent/baseline/recording.ts';
import { createRandom } from '../distributions.ts';
import { createDrift, type Drift } from './drift.ts';
import { record, type Traffic } from './traffic.ts';

export const FIGURES = ['latency_mean', 'latency_p50', 'latency_p95', 'latency_p99'] as const;

/** One kind of pair: how both sides' requests come, and by what factor the candidate's take longer. */
export interface Cell {
  readonly shape: Traffic['shape'];
  readonly rho: number;
  readonly seconds: number;
  readonly rate: number;
  /** Whether the load doubles on the way: on each side at a time of its own. */
  readonly steps: boolean;
  readonly ratio: number;
  /** As in `Traffic`, of either side. */
  readonly failAbove?: readonly [baseline: number, candidate: number];
  /** Of both sides, each in a way of its own; or of one of them by chance. */
  readonly drift?: Drift & { readonly sides: 1 | 2 };
  readonly isClosed?: boolean;
}

type Side = 'baseline' | 'candidate';

/** How often one figure was right, of all pairs. */
interface FigureTally {
  /** Bounds and a verdict from them. */
  readonly given: number;
  /** Of the given: the bounds hold the true ratio. */
  readonly covered: number;
  readonly faster: number;
  readonly slower: number;
}

export interface CellTally {
  readonly pairs: number;
  /** Verdicts over all figures of latency. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  readonly figures: Readonly<Record<(typeof FIGURES)[number], FigureTally>>;
}

/** Compares `pairs` simulated pairs of a cell. */
export function runCell(cell: Cell, pairs: number, seed: number): CellTally {
  const random = createRandom(seed);
  const comparisons = Array.from({ length: pairs }, () => compareRecordings(...recordPair(cell, random)));
  const verdicts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of comparisons) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  const figures = Object.fromEntries(
    FIGURES.map((metric) => [metric, tallyFigure(comparisons, metric, cell.ratio)]),
  ) as CellTally['figures'];
  return { pairs, verdicts, figures };
}

/** Both sides; where one of them drifts, it is by chance which. */
function recordPair(cell: Cell, random: () => number): [baseline: Recording, candidate: Recording] {
  const drifting = cell.drift && random() < 0.5 ? 'baseline' : 'candidate';
  const of = (side: Side, variant: string) => {
    const traffic = sideOf(cell, side, random);
    if (!cell.drift || (cell.drift.sides === 1 && side !== drifting)) return record(traffic, random, variant);
    const driftAt = createDrift(cell.drift, cell.seconds, random);
    return record({ ...traffic, driftAt }, random, variant);
  };
  return [of('baseline', 'fp16'), of('candidate', 'int8')];
}

/** Of all pairs: those whose verdict over all says that there is a difference where there is none, or the wrong one. */
export function wrongShare({ pairs, verdicts }: CellTally, ratio: number): number {
  const { faster = 0, slower = 0, mixed = 0 } = verdicts;
  return (mixed + (ratio >= 1 ? faster : 0) + (ratio <= 1 ? slower : 0)) / pairs;
}

/** Of all pairs: those whose verdict over all says the difference that there is; NaN where there is none. */
export function rightShare({ pairs, verdicts }: CellTally, ratio: number): number {
  if (ratio === 1) return Number.NaN;
  return ((ratio > 1 ? verdicts.slower : verdicts.faster) ?? 0) / pairs;
}

/** The traffic of one side; loads step at a time by chance. */
export function sideOf(cell: Cell, side: Side, random: () => number): Traffic {
  const { shape, rho, seconds, rate, steps, ratio, failAbove, isClosed } = cell;
  return {
    shape,
    rho,
    seconds,
    rate,
    scale: side === 'baseline' ? 1 : ratio,
    stepAt: steps ? 0.3 + 0.4 * random() : 1,
    ...(isClosed && { isClosed }),
    ...(failAbove && { failAbove: failAbove[side === 'baseline' ? 0 : 1] }),
  };
}

function tallyFigure(comparisons: readonly Comparison[], metric: string, ratio: number): FigureTally {
  const rows = comparisons.flatMap(({ metrics }) => metrics.filter((row) => row.metric === metric));
  const given = rows.filter(({ verdict }) => ['faster', 'slower', 'no_difference_shown'].includes(verdict));
  return {
    given: given.length,
    covered: given.filter(({ low = 0, high = Infinity }) => low <= ratio && ratio <= high).length,
    faster: given.filter(({ verdict }) => verdict === 'faster').length,
    slower: given.filter(({ verdict }) => verdict === 'slower').length,
  };
}
