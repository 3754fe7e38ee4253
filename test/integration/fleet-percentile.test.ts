import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type BoundsPerOctave, durationLadder, ladderError } from '../../agent/core/duration-ladder.ts';
import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import type { Point } from '../../agent/core/point.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import { fleetQuantileQuery } from '../../deploy/grafana/fleet-quantile.ts';
import { InfluxdbExporter } from '../../exporters/influxdb/exporter.ts';
import { createRandom, exactQuantile, latencyShapes } from '../distributions.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { MemoryDatabase } from '../fakes/memory-database.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { Influxd } from '../servers/influxd.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { spanBatch } from '../window/span-batch.ts';

const AGENTS = 20;
const MINUTE_MS = 60_000;
const LOAD_MINUTES = 5;
const START_MS = 1_800_000_000_000;
const QUANTILES = [0.5, 0.9, 0.95, 0.99];
const LADDERS: readonly BoundsPerOctave[] = [4, 8];
const RANGE = `time > ${START_MS}ms AND time <= ${START_MS + LOAD_MINUTES * MINUTE_MS}ms`;

for (const boundsPerOctave of LADDERS) {
  describe(`the percentile of ${AGENTS} agents in a real influxd, with ${boundsPerOctave} bounds an octave`, () => {
    const error = ladderError(durationLadder(boundsPerOctave));
    let influxd: Influxd;
    let latencies: readonly (readonly number[])[];

    before(async function () {
      this.timeout(60_000);
      requireBinary(this, 'influxd');
      influxd = await Influxd.start();
      await influxd.createDatabase('fleet');
      latencies = await Promise.all(
        Array.from({ length: AGENTS }, (_, agent) => serve(agent, boundsPerOctave, influxd)),
      );
    });
    after(() => influxd?.stop());

    for (const quantile of QUANTILES) {
      it(`p${quantile * 100} over all is within ${(error * 100).toFixed(1)} % above the exact one, and never below`, async () => {
        const exact = exactOf(latencies, quantile);
        const [series] = await influxd.query(fleetQuantileQuery({ quantile, range: RANGE }), 'fleet');
        expect(Number(series.values[0][1]) / exact).to.be.within(1, 1 + error);
      });
    }

    it('the mean of the agents’ p95 is off by more', async () => {
      const exact = exactOf(latencies, 0.95);
      const statement = `SELECT mean("latency_p95_seconds") FROM "inference" WHERE "window" = '5m' AND time = ${START_MS + LOAD_MINUTES * MINUTE_MS}ms`;
      const [series] = await influxd.query(statement, 'fleet');
      expect(Math.abs(Number(series.values[0][1]) / exact - 1)).to.be.above(2 * error);
    });

    it('has one figure a minute, and one for each variant', async () => {
      const query = fleetQuantileQuery({
        quantile: 0.95,
        range: RANGE,
        every: '1m',
        by: ['model', 'variant'],
      });
      const found = await influxd.query(query, 'fleet');
      expect(found.map(({ tags }) => tags)).to.deep.equal([
        { model: 'm', variant: 'fast' },
        { model: 'm', variant: 'slow' },
      ]);
      for (const [variant, own] of [
        ['fast', latencies.filter((_, agent) => !isSlow(agent))],
        ['slow', latencies.filter((_, agent) => isSlow(agent))],
      ] as const) {
        const exact = exactOf(own, 0.95);
        const whole = fleetQuantileQuery({ quantile: 0.95, range: RANGE, by: ['variant'] });
        const series = (await influxd.query(whole, 'fleet')).find(
          ({ tags }) => tags?.['variant'] === variant,
        );
        expect(Number(series?.values[0][1]) / exact).to.be.within(1, 1 + error);
      }
      expect(found[0].values.filter(([, seconds]) => seconds !== null)).to.have.length(LOAD_MINUTES);
    });
  });
}

function exactOf(latencies: readonly (readonly number[])[], quantile: number): number {
  const ascending = latencies.flat().sort((a, b) => a - b);
  return exactQuantile(ascending, quantile);
}

function isSlow(agent: number): boolean {
  return agent % 4 === 3;
}

/** Lets an agent serve for some minutes and write what it has; returns its latencies. Slow agents get few requests. */
async function serve(agent: number, boundsPerOctave: BoundsPerOctave, influxd: Influxd): Promise<number[]> {
  const clock = new ManualClock(START_MS);
  const aggregator = createAggregator(agent, boundsPerOctave, clock);
  const database = new MemoryDatabase();
  await database.transaction([{ sql: aggregator.schema }]);
  await aggregator.restore(database);
  database.close();
  const random = createRandom(agent);
  const variant = isSlow(agent) ? 'slow' : 'fast';
  const series = aggregator.openSeries({
    model: 'm',
    variant,
    version: '',
    operation: '',
    server: '',
    labels: {},
  });
  const perSecond = isSlow(agent) ? 2 : 20 + agent * 3;
  const scale = (isSlow(agent) ? 20 : 1) * (1 + agent / AGENTS);
  const latencies: number[] = [];
  const points: Point[] = [];
  for (let second = 0; second < (LOAD_MINUTES + 2) * 60; second++) {
    await clock.advance(1000);
    if (second < LOAD_MINUTES * 60 - 1) {
      const batch = Array.from({ length: perSecond }, () =>
        Math.round(scale * latencyShapes['lognormal'](random) * 1e9),
      );
      latencies.push(...batch.map((ns) => ns / 1e9));
      const endMs = clock.wallMs();
      aggregator.record(spanBatch(batch.map((durationNs) => ({ series, endMs, durationNs }))), endMs);
    }
    if (clock.wallMs() >= aggregator.nextFlushMs())
      await aggregator.flush(clock.wallMs(), (written) => points.push(...written));
  }
  await write(points, influxd);
  return latencies;
}

function createAggregator(agent: number, boundsPerOctave: BoundsPerOctave, clock: ManualClock): Aggregator {
  return new Aggregator(
    {
      intervalMs: 10_000,
      windowsMs: [10_000, MINUTE_MS, LOAD_MINUTES * MINUTE_MS],
      latenessMs: 30_000,
      graceMs: 2000,
      maxSeries: 10,
      maxNewSeriesPerDay: 10,
      objectives: [],
      histogram: { boundsPerOctave, delaySlices: agent % 3 },
    },
    { host: 'h', instance: `pod-${agent}` },
    { clock, log: new SilentLogger(), yieldToLoop: async () => {} },
  );
}

async function write(points: readonly Point[], influxd: Influxd): Promise<void> {
  const exporter = new InfluxdbExporter(
    { url: influxd.url, version: '1', database: 'fleet' },
    new ManualClock(),
  );
  await exporter.start();
  const buffer = new LineBuffer();
  for (const point of points) encodePoint(point, buffer);
  const batch = { points: points.length, gzip: gzipSync(buffer.written()) };
  expect(await exporter.export(batch, new AbortController().signal)).to.deep.equal({ kind: 'accepted' });
  await exporter.stop();
}
