import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRandom, exactQuantile, latencyShapes } from '../distributions.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { Influxd, type InfluxqlSeries } from '../servers/influxd.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { type BatchMessage, SpanClient } from '../span-client.ts';

const SPANS = 100_000;
const SERIES = 20;
const PRODUCERS = 4;
const STEP_MS = 5000;
/** Completions lie within this time; each comes up to `MAX_DELAY_MS` later. */
const LOAD_MS = 120_000;
const MAX_DELAY_MS = 25_000;
const START_MS = 1_800_000_000_000;
const WINDOWS_MS: Readonly<Record<string, number>> = { '10s': 10_000, '1m': 60_000, '5m': 300_000 };
const QUANTILES: readonly (readonly [string, number, number])[] = [
  ['p50', 0.5, 1],
  ['p90', 0.9, 1],
  ['p95', 0.95, 1],
  ['p99', 0.99, 100],
  ['p999', 0.999, 1000],
];

interface ExactSpan {
  readonly model: string;
  readonly endMs: number;
  readonly durationNs: number;
  readonly failed: boolean;
  readonly arrivalMs: number;
}

describe('exactness, through gRPC, windows, outbox and a real influxd', () => {
  let influxd: Influxd;
  let agent: RunningAgent;
  let directory: string;
  const clock = new ManualClock(START_MS);
  const spans = createSpans();

  before(async function () {
    this.timeout(120_000);
    requireBinary(this, 'influxd');
    directory = mkdtempSync(join(tmpdir(), 'infermeter-exact-'));
    influxd = await Influxd.start();
    await influxd.createDatabase('exact');
    agent = await startAgent(clock, [
      ['data_dir', directory],
      ['exporters.influxdb.url', influxd.url],
      ['exporters.influxdb.version', '1'],
      ['exporters.influxdb.database', 'exact'],
    ]);
    await send(spans, agent, clock);
    await clock.advance(MAX_DELAY_MS);
    for (let passedMs = 0; passedMs < 360_000; passedMs += STEP_MS) await agent.advance(STEP_MS);
    await agent.drain();
  });

  after(async () => {
    await agent?.stop();
    await influxd?.stop();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  it('counts every span once, in every window', async () => {
    const series = await influxd.query(
      `SELECT "requests", "errors" FROM "inference" GROUP BY "model", "window"`,
      'exact',
    );
    expect(series).to.have.length(SERIES * Object.keys(WINDOWS_MS).length);
    for (const { tags, values } of series) {
      for (const [time, requests, errors] of values) {
        const exact = spansOf(spans, tags, Number(time));
        expect(requests, `${tags?.['model']} ${tags?.['window']} ${time}`).to.equal(exact.length);
        if (exact.length > 0) expect(errors).to.equal(exact.filter((span) => span.failed).length);
      }
    }
    const total = await influxd.query(
      `SELECT sum("requests") FROM "inference" WHERE "window" = '10s'`,
      'exact',
    );
    expect(total[0]?.values[0]?.[1]).to.equal(SPANS);
  });

  it('has every quantile of every window within 1 % of the exact one, and minimum and maximum exact', async () => {
    const names = QUANTILES.map(([name]) => `"latency_${name}_seconds"`).join(', ');
    const fields = `${names}, "latency_min_seconds", "latency_max_seconds"`;
    const series = await influxd.query(
      `SELECT ${fields} FROM "inference" GROUP BY "model", "window"`,
      'exact',
    );
    let checked = 0;
    let worst = 0;
    for (const one of series) {
      for (const row of one.values) {
        const exact = latenciesOf(one, Number(row[0]));
        if (exact.length === 0) continue;
        QUANTILES.forEach(([name, p, least], index) => {
          const measured = row[index + 1];
          if (exact.length < least) {
            expect(measured, name).to.equal(null);
            return;
          }
          const error = Math.abs(Number(measured) / exactQuantile(exact, p) - 1);
          worst = Math.max(worst, error);
          checked++;
        });
        expect(Number(row[QUANTILES.length + 1])).to.be.closeTo(exact[0] ?? 0, 1e-9);
        expect(Number(row[QUANTILES.length + 2])).to.be.closeTo(exact[exact.length - 1] ?? 0, 1e-9);
      }
    }
    console.log(`    ${checked} quantiles, the worst is off by ${(worst * 100).toFixed(2)} %`);
    expect(checked).to.be.greaterThan(3000);
    expect(worst).to.be.at.most(0.01);
  });

  function latenciesOf(series: InfluxqlSeries, endMs: number): number[] {
    return spansOf(spans, series.tags, endMs)
      .filter((span) => !span.failed)
      .map((span) => span.durationNs / 1e9)
      .sort((a, b) => a - b);
  }
});

function createSpans(): ExactSpan[] {
  const random = createRandom(42);
  const shapes = Object.values(latencyShapes);
  return Array.from({ length: SPANS }, (_, index) => {
    const series = index % SERIES;
    const shape = shapes[series % shapes.length] ?? (() => 0);
    const endMs = START_MS + 10_000 + Math.floor(random() * LOAD_MS);
    return {
      model: `model-${String(series).padStart(2, '0')}`,
      endMs,
      durationNs: Math.round(shape(random) * 1e9),
      failed: random() < 0.02,
      arrivalMs: endMs + random() * MAX_DELAY_MS,
    };
  });
}

/** Of one series and window, as tags say. */
function spansOf(
  spans: readonly ExactSpan[],
  tags: Readonly<Record<string, string>> | undefined,
  endMs: number,
): ExactSpan[] {
  const windowMs = WINDOWS_MS[tags?.['window'] ?? ''] ?? 0;
  return spans.filter(
    (span) => span.model === tags?.['model'] && span.endMs >= endMs - windowMs && span.endMs < endMs,
  );
}

/** Four producers: two send rows, two send columns; arrivals are shuffled within the lateness. */
async function send(spans: readonly ExactSpan[], agent: RunningAgent, clock: ManualClock): Promise<void> {
  const clients = Array.from({ length: PRODUCERS }, () => new SpanClient(agent.grpcAddress));
  const waiting = [...spans].sort((a, b) => a.arrivalMs - b.arrivalMs);
  let sequence = 0;
  let next = 0;
  while (next < waiting.length) {
    await agent.advance(STEP_MS);
    sequence++;
    const due: ExactSpan[] = [];
    for (; next < waiting.length && (waiting[next]?.arrivalMs ?? 0) <= clock.wallMs(); next++)
      due.push(waiting[next] as ExactSpan);
    const acks = await Promise.all(
      clients.map((client, producer) => {
        const own = due.filter((_, index) => index % PRODUCERS === producer);
        const payload = producer % 2 === 0 ? toRows(own) : toColumns(own);
        return client.report({
          producerId: new Uint8Array([1, 2, 3, 4, 5, 6, 7, producer]),
          sequence,
          ...payload,
        });
      }),
    );
    expect(acks.reduce((sum, ack) => sum + ack.accepted, 0)).to.equal(due.length);
  }
  for (const client of clients) client.close();
}

function toRows(spans: readonly ExactSpan[]): BatchMessage {
  return {
    series: { variant: 'int8' },
    spans: spans.map((span) => ({
      model: span.model,
      startUnixNano: String(BigInt(span.endMs) * 1_000_000n - BigInt(span.durationNs)),
      durationNano: String(span.durationNs),
      status: span.failed ? 'STATUS_ERROR' : 'STATUS_OK',
    })),
  };
}

function toColumns(spans: readonly ExactSpan[]): BatchMessage {
  const models = [...new Set(spans.map((span) => span.model))];
  return {
    columns: {
      strings: ['int8', ...models],
      series: models.map((_, index) => ({ variant: 1, model: index + 2 })),
      seriesStatus: spans.map((span) => models.indexOf(span.model) * 4 + (span.failed ? 2 : 1)),
      endUnixNano: spans.map((span) => String(BigInt(span.endMs) * 1_000_000n)),
      durationNano: spans.map((span) => span.durationNs),
      phases: [],
    },
  };
}
