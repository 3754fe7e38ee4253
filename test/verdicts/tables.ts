import { LOOK_CONFIDENCE } from '../../agent/baseline/live-verdict.ts';
import { type Cell, type CellTally, FIGURES, rightShare, runCell, wrongShare } from './cell.ts';
import { countEverShown, type LiveDay } from './live-day.ts';
import { METHODS, rateMethod } from './method-rates.ts';
import { type QueueCell, runQueues } from './queue.ts';

const SEED = 20_260;

/** A row a cell: verdicts over all figures, then of each figure how often it was wrong, and how often bounds held. */
export function printCells(cells: readonly Cell[], pairs: number): readonly CellTally[] {
  const figures = FIGURES.map((figure) => figure.replace('latency_', ''));
  printRow([
    'shape',
    'ρ',
    'load',
    'ratio',
    'wrong',
    'right',
    'none',
    ...figures.map((name) => `${name}: wrong, held, given`),
  ]);
  printRow(new Array(7 + figures.length).fill('---'));
  return cells.map((cell, index) => {
    const tally = runCell(cell, pairs, SEED + index);
    const { faster = 0, slower = 0, mixed = 0, no_difference_shown = 0 } = tally.verdicts;
    const none = 1 - (faster + slower + mixed + no_difference_shown) / pairs;
    const load = `${cell.seconds} s of ${cell.rate}/s${cell.steps ? ', then twice' : ''}${circumstances(cell)}`;
    printRow([
      cell.shape,
      String(cell.rho),
      load,
      String(cell.ratio),
      percents(wrongShare(tally, cell.ratio)),
      percents(rightShare(tally, cell.ratio)),
      percents(none),
      ...FIGURES.map((figure) => figureText(tally, figure, cell.ratio)),
    ]);
    return tally;
  });
}

function figureText({ pairs, figures }: CellTally, name: (typeof FIGURES)[number], ratio: number): string {
  const { given, covered, faster, slower } = figures[name];
  const wrong = (ratio >= 1 ? faster : 0) + (ratio <= 1 ? slower : 0);
  return `${percents(wrong / pairs)}, ${percents(covered / given)}, ${percents(given / pairs)}`;
}

/** A row a queue: verdicts over all figures, of 60 s a side. */
export function printQueues(cells: readonly QueueCell[], pairs: number): void {
  printRow(['clients', 'service times', 'faster', 'slower', 'mixed', 'none']);
  printRow(new Array(6).fill('---'));
  for (const [index, { clients, ratio }] of cells.entries()) {
    const verdicts = runQueues({ clients, ratio }, pairs, SEED + index);
    const { faster = 0, slower = 0, mixed = 0, no_difference_shown = 0 } = verdicts;
    const none = pairs - faster - slower - mixed - no_difference_shown;
    const who = clients.kind === 'open' ? `${clients.perSecond}/s` : `${clients.count} that wait`;
    const shares = [faster, slower, mixed, none].map((count) => percents(count / pairs));
    printRow([who, `10 ms → ${10 * ratio} ms`, ...shares]);
  }
}

/** A row a cell: how often it is called unsafe, and how often it is praised nevertheless. */
export function printErrors(cells: readonly Cell[], pairs: number): void {
  printRow(['ρ', 'errors', 'unsafe', 'faster']);
  printRow(new Array(4).fill('---'));
  for (const [index, cell] of cells.entries()) {
    const { verdicts } = runCell(cell, pairs, SEED + index);
    const isSame = cell.failAbove?.[0] === cell.failAbove?.[1];
    const shares = [verdicts.unsafe, verdicts.faster].map((count = 0) => percents(count / pairs));
    printRow([String(cell.rho), isSame ? '1 % → 1 %' : '1 % → 3 %', ...shares]);
  }
}

/** Wrong verdicts, missing ones and widths of three methods, on recordings of one length and of another. */
export function printMethods(cells: readonly Cell[], pairs: number): void {
  const methods = Object.keys(METHODS);
  printRow(['shape', 'ρ', 'quantile', ...methods.map((method) => `${method}: wrong, none, half-width`)]);
  printRow(new Array(3 + methods.length).fill('---'));
  for (const cell of cells) {
    for (const p of [0.5, 0.95, 0.99]) {
      const rates = methods.map((method) => rateMethod(method, cell, { p, pairs, seed: SEED }));
      const texts = rates.map(({ wrong, none, halfWidth }) => {
        return `${percents(wrong)}, ${percents(none)}, ${Number.isNaN(halfWidth) ? 'unbounded' : halfWidth.toFixed(3)}`;
      });
      printRow([cell.shape, String(cell.rho), `p${p * 100}`, ...texts]);
    }
  }
}

/** A row a kind of day: how many of its series ever showed a difference. */
export function printLiveDays(
  days: readonly { cell: Cell; day: Omit<LiveDay, 'series'> }[],
  series: number,
): void {
  printRow(['shape', 'ρ', 'baseline', 'looks', 'confidence', 'ever shown']);
  printRow(new Array(6).fill('---'));
  for (const [index, { cell, day }] of days.entries()) {
    const shown = countEverShown(cell, { ...day, series }, SEED + index);
    const load = `${cell.rate}/s${cell.steps ? ', then twice' : ''}${circumstances(cell)}`;
    const looks = `${day.looks} of ${cell.seconds} s, ${load}`;
    const { confidence = LOOK_CONFIDENCE } = day;
    printRow([
      cell.shape,
      String(cell.rho),
      `${day.baselineSeconds} s`,
      looks,
      String(confidence),
      `${shown} of ${series}`,
    ]);
  }
}

/** `; clients wait; both sides drift: linear, 2 %`. */
function circumstances({ drift, isClosed }: Cell): string {
  const waits = isClosed ? '; clients wait' : '';
  if (!drift) return waits;
  const { kind, amplitude, sides } = drift;
  if (kind === 'slow start') return `${waits}; one side begins ${amplitude} times slower`;
  const how = typeof kind === 'number' ? `level at ρ ${kind}` : kind;
  return `${waits}; ${sides === 1 ? 'one side drifts' : 'both drift'}: ${how}, ${amplitude * 100} %`;
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function percents(share: number): string {
  return Number.isNaN(share) ? '' : `${(share * 100).toFixed(1)}`;
}
