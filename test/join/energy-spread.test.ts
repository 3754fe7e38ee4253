import { expect } from 'chai';
import fc from 'fast-check';
import { spreadEnergy } from '../../agent/join/energy-spread.ts';
import { LedgerSlice } from '../../agent/join/ledger-slice.ts';
import { SlotGrid } from '../../agent/join/slot-grid.ts';

const INTERVAL_MS = 1000;
const FIRST = 1_800_000_000;

function slicesOf(grid: SlotGrid, count: number): Map<number, LedgerSlice> {
  return new Map(Array.from({ length: count }, (_, i) => [FIRST + i, new LedgerSlice(grid, FIRST + i)]));
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

describe('a step of the energy counter', () => {
  const grid = new SlotGrid(INTERVAL_MS);
  const startMs = FIRST * INTERVAL_MS;

  it('is spread without a rest, in proportion to whatever power samples there are', () => {
    const samples = fc.array(
      fc.tuple(fc.double({ min: 0, max: 4999, noNaN: true }), fc.double({ min: 0, max: 900, noNaN: true })),
      { maxLength: 60 },
    );
    const times = fc
      .tuple(fc.double({ min: 0, max: 4900, noNaN: true }), fc.double({ min: 0.5, max: 4900, noNaN: true }))
      .map(([from, length]) => [from, Math.min(from + length, 5000)] as const);
    fc.assert(
      fc.property(
        samples,
        times,
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        (power, [from, to], joules) => {
          const slices = slicesOf(grid, 5);
          for (const [afterMs, watts] of power) {
            const atMs = startMs + afterMs;
            slices.get(grid.sliceOf(atMs))?.addPower(atMs, watts);
          }
          const step = { fromMs: startMs + from, toMs: startMs + to, joules };
          spreadEnergy(grid, step, (index) => slices.get(index));
          const total = sum([...slices.values()].flatMap((slice) => [...(slice.joules ?? [])]));
          expect(total).to.be.closeTo(joules, 1e-9 * (1 + joules));
          const knownMs = sum([...slices.values()].map((slice) => slice.energyKnownMs));
          expect(knownMs).to.be.closeTo(to - from, 0.01);
          const all = [...slices.values()].flatMap((slice) => [...(slice.joules ?? [])]);
          expect(all.every((value) => value >= 0)).to.equal(true);
        },
      ),
    );
  });

  it('follows the power within a slot, and counts slots at its ends in part', () => {
    const slices = slicesOf(grid, 2);
    for (let atMs = 10; atMs < 2000; atMs += 20)
      slices.get(grid.sliceOf(startMs + atMs))?.addPower(startMs + atMs, atMs < 1000 ? 100 : 700);
    const step = { fromMs: startMs + 510, toMs: startMs + 2000, joules: 49 + 700 };
    spreadEnergy(grid, step, (index) => slices.get(index));
    const joules = slices.get(FIRST)?.joules ?? new Float64Array();
    expect(joules[24]).to.equal(0);
    expect(joules[25]).to.be.closeTo(1, 1e-6);
    expect(joules[26]).to.be.closeTo(2, 1e-6);
    expect(sum(joules)).to.be.closeTo(49, 1e-6);
    expect(sum(slices.get(FIRST + 1)?.joules ?? [])).to.be.closeTo(700, 1e-6);
    expect(slices.get(FIRST)?.wholeJoules).to.equal(undefined);
    expect(slices.get(FIRST + 1)?.wholeJoules).not.to.equal(undefined);
  });

  it('lies on a line between samples that are far apart, and is level before and after them', () => {
    const slices = slicesOf(grid, 1);
    const [slice] = slices.values();
    slice.addPower(startMs + 200, 100);
    slice.addPower(startMs + 800, 400);
    spreadEnergy(grid, { fromMs: startMs, toMs: startMs + 1000, joules: 250 }, () => slice);
    const joules = [...(slice.joules ?? [])];
    const watts = joules.map((value) => Math.round((100 * value) / joules[0]));
    expect([watts[0], watts[10], watts[25], watts[40], watts[49]]).to.deep.equal([100, 100, 250, 400, 400]);
  });

  it('is even where the GPU gives no power', () => {
    const slices = slicesOf(grid, 1);
    const [slice] = slices.values();
    spreadEnergy(grid, { fromMs: startMs, toMs: startMs + 1000, joules: 50 }, () => slice);
    expect([...(slice.joules ?? [])].map((joules) => Number(joules.toFixed(9)))).to.deep.equal(
      Array.from({ length: 50 }, () => 1),
    );
  });
});
