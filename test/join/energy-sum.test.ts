import { expect } from 'chai';
import fc from 'fast-check';
import { JoinHarness } from './join-harness.ts';

const RUN_MS = 150_000;

const request = fc.record({
  model: fc.constantFrom('a', 'b', 'c'),
  endMs: fc.integer({ min: 1, max: RUN_MS / 20 }).map((slot) => slot * 20),
  ms: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 25_000 })),
  gpu: fc.constantFrom('GPU-a', 'GPU-b', 'GPU-a,GPU-b'),
});

describe('the energy of all series', () => {
  const configurations: readonly [string, number, readonly number[]][] = [
    ['slices of 10 s', 10_000, [10_000, 60_000]],
    ['slices of 2 s', 2000, [2000, 10_000, 20_000]],
  ];
  for (const [name, intervalMs, windowsMs] of configurations) {
    it(`is what the counter rose by, GPU by GPU and window by window, in ${name}`, async function () {
      this.timeout(60_000);
      const requests = fc.array(request, { maxLength: 60 });
      const seeds = fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 7, maxLength: 7 });
      await fc.assert(
        fc.asyncProperty(requests, seeds, (all, watts) => check(all, watts)),
        { numRuns: 25 },
      );
    });

    async function check(
      requests: readonly (typeof request extends fc.Arbitrary<infer R> ? R : never)[],
      watts: readonly number[],
    ) {
      const harness = await new JoinHarness(
        { intervalMs, windowsMs, devices: ['GPU-a', 'GPU-b'] },
        2,
      ).start();
      const used = new Map<string, number>();
      for (const gpu of harness.gpus) gpu.watts = (atMs) => watts[Math.floor(atMs / 700) % watts.length];
      harness.load = (fromMs, toMs) => {
        for (const { model, ...rest } of requests)
          if (rest.endMs > fromMs && rest.endMs <= toMs) harness.request(model, rest);
      };
      for (let passedMs = 0; passedMs < RUN_MS; passedMs += 1000) {
        for (const gpu of harness.gpus) used.set(`${gpu.uuid} ${passedMs}`, gpu.usedJoules);
        await harness.run(1000);
      }
      const windows = windowsMs.filter((windowMs) => windowMs >= 10_000);
      let checked = 0;
      for (const windowMs of windows) {
        const window = windowMs === 60_000 ? '1m' : `${windowMs / 1000}s`;
        for (let endMs = 30_000; endMs <= 90_000; endMs += intervalMs) {
          for (const { uuid } of harness.gpus) {
            const rows = harness.at(endMs, window).filter(({ gpu }) => gpu === uuid);
            const isKnown = rows.some(({ fields }) => fields.energy_idle_joules !== undefined);
            if (!isKnown) continue;
            const total = rows.reduce(
              (sum, { fields }) =>
                sum + (fields.energy_active_joules ?? 0) + (fields.energy_idle_joules ?? 0),
              0,
            );
            const counted =
              (used.get(`${uuid} ${endMs}`) ?? 0) - (used.get(`${uuid} ${endMs - windowMs}`) ?? 0);
            expect(total, `${uuid} ${window} ${endMs}`).to.be.closeTo(counted, 0.0001 * counted);
            checked++;
          }
        }
      }
      expect(checked).to.be.greaterThan(10);
      harness.database.close();
    }
  }
});
