import { expect } from 'chai';
import { type GpuRow, JoinHarness } from './join-harness.ts';

/** Half of each second, at which the harness stands then. */
function load(harness: JoinHarness): void {
  harness.load = (_, toMs) => harness.request('m', { endMs: toMs, ms: 500 });
}

function endsOf(rows: readonly GpuRow[], window = '10s'): number[] {
  return rows.filter((row) => row.window === window && row.model === 'm').map(({ endMs }) => endMs / 1000);
}

function expectOnce(rows: readonly GpuRow[]): void {
  const keys = rows.map(({ model, window, gpu, endMs }) => `${model} ${window} ${gpu} ${endMs}`);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).to.deep.equal([]);
}

describe('inference_gpu and time', () => {
  let harness: JoinHarness;
  beforeEach(async () => {
    harness = await new JoinHarness().start();
    load(harness);
  });
  afterEach(() => harness.database.close());

  it('is written once for each end, every sixth of a window', async () => {
    harness = await new JoinHarness({ windowsMs: [10_000, 180_000] }).start();
    load(harness);
    await harness.run(300_000);
    expectOnce(harness.rows);
    expect(endsOf(harness.rows).slice(0, 4)).to.deep.equal([10, 20, 30, 40]);
    expect(endsOf(harness.rows, '3m').slice(0, 4)).to.deep.equal([30, 60, 90, 120]);
  });

  it('leaves what was written as it is when the clock is set back', async () => {
    await harness.run(200_000);
    const before = endsOf(harness.rows);
    harness.clock.step(-100_000);
    await harness.run(200_000);
    expectOnce(harness.rows);
    const after = endsOf(harness.rows).slice(before.length);
    expect(Math.min(...after)).to.be.greaterThan(Math.max(...before));
    expect(harness.only('m', 260_000).busy_seconds).to.equal(5);
    expect(harness.only('m', 260_000).energy_active_joules).to.be.closeTo(500, 1);
  });

  it('goes on at once when a clock that was a year ahead is set right', async () => {
    const yearMs = 365 * 86_400_000;
    await harness.run(60_000);
    harness.clock.step(yearMs);
    await harness.run(100_000);
    harness.clock.step(-yearMs);
    const rows = await harness.run(100_000);
    expectOnce(harness.rows);
    const fields = rows.find(({ endMs, window }) => endMs === 200_000 && window === '10s')?.fields;
    expect(fields?.busy_seconds).to.equal(5);
    expect(fields?.coverage_ratio).to.equal(1);
    expect(fields?.energy_active_joules).to.be.closeTo(500, 1);
  });

  it('says after a leap of the clock that nobody watched', async () => {
    await harness.run(103_000);
    harness.clock.step(25_000);
    await harness.run(100_000);
    expectOnce(harness.rows);
    const coverage = [100_000, 110_000, 130_000, 140_000].map((end) => harness.only('m', end).coverage_ratio);
    expect(coverage).to.deep.equal([1, 0.3, 0.1, 1]);
    expect(harness.only('m', 160_000, '1m').coverage_ratio).to.be.closeTo(3.4 / 6, 1e-9);
  });

  it('goes on after a restart with what was committed, and writes nothing twice', async () => {
    await harness.run(122_000);
    await harness.commit();
    await harness.run(5000);
    await harness.restart();
    const rows = await harness.run(120_000);
    expectOnce(harness.rows);
    expect(endsOf(harness.rows)).to.deep.equal(Array.from({ length: 21 }, (_, i) => (i + 1) * 10));
    const busyAt = (end: number) =>
      rows.find(({ endMs, window }) => endMs === end * 1000 && window === '10s')?.fields.busy_seconds;
    expect([100, 110, 120, 130, 140].map(busyAt)).to.deep.equal([5, 5, 5, 2.5, 5]);
    expect(harness.only('m', 180_000, '1m').busy_seconds).to.equal(27.5);
    expect(harness.only('m', 180_000, '1m').energy_active_joules).to.equal(undefined);
    expect(harness.only('m', 200_000, '1m').energy_active_joules).to.be.closeTo(3000, 1);
    expect(harness.only('m', 100_000, '1m').energy_active_joules).to.equal(undefined);
  });

  it('keeps what GPUs said of slices that were joined before the restart', async () => {
    await harness.run(122_000);
    const before = harness.only('m', 80_000, '1m');
    await harness.commit();
    await harness.restart();
    await harness.run(20_000);
    expect(harness.only('m', 100_000, '1m').memory_used_max_bytes).to.equal(before.memory_used_max_bytes);
    expect(harness.only('m', 100_000, '1m').busy_seconds).to.equal(30);
  });

  it('writes only what changed, and all of it again after a commit that failed', async () => {
    const busyRows = async () => (await statements()).filter(({ sql }) => sql.includes('INTO join_busy'));
    const statements = async () => {
      const captured = harness.join.capture();
      const written = await captured.statements();
      captured.abandoned();
      return written;
    };
    await harness.run(122_000);
    await harness.commit();
    expect((await busyRows()).flatMap(({ rows = [] }) => rows.map(([slice]) => slice))).to.deep.equal([]);
    await harness.run(1000);
    const [first, second] = [await busyRows(), await busyRows()];
    expect(first.flatMap(({ rows = [] }) => rows)).to.have.length(1);
    expect(second).to.deep.equal(first);
  });

  it('starts empty, and writes nothing that may have been written, where the earlier state is of no use', async () => {
    await harness.run(122_000);
    await harness.commit();
    await harness.database.transaction([{ sql: "UPDATE join_busy SET body = x'00'" }]);
    await harness.restart();
    await harness.run(100_000);
    expectOnce(harness.rows);
    expect(endsOf(harness.rows).filter((end) => end > 90)[0]).to.equal(130);
    await harness.commit();
    await harness.restart({ windowsMs: [10_000] });
    await harness.run(100_000);
    expectOnce(harness.rows);
  });
});
