import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { PointBatch } from '../../agent/core/exporter.ts';
import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import { type Point, PointSeries } from '../../agent/core/point.ts';
import { InfluxdbExporter } from '../../exporters/influxdb/exporter.ts';
import type { InfluxdbOptions } from '../../exporters/influxdb/options.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { Influxd } from '../servers/influxd.ts';
import { requireBinary } from '../servers/require-binary.ts';

const END_MS = 1_800_000_000_000;
const never = new AbortController().signal;

describe('influxdb exporter on a real influxd', () => {
  let influxd: Influxd | undefined;
  const exporters: InfluxdbExporter[] = [];

  before(async function () {
    requireBinary(this, 'influxd');
    influxd = await Influxd.start();
    await influxd.createDatabase('metrics');
  });
  after(() => influxd?.stop());
  afterEach(() => Promise.all(exporters.splice(0).map((exporter) => exporter.stop())));

  const server = (): Influxd => influxd ?? expect.fail('influxd runs');
  const open = async (options: Partial<InfluxdbOptions>): Promise<InfluxdbExporter> => {
    const exporter = new InfluxdbExporter(
      { url: server().url, version: 'auto', ...options },
      new ManualClock(),
    );
    exporters.push(exporter);
    await exporter.start();
    return exporter;
  };

  it('is recognised, and gives back exactly what was written', async () => {
    const exporter = await open({ database: 'metrics' });
    const tags = { model: 'res net, 50=a', variant: 'int8', instance: 'pod-0', window: '10s' };
    const fields = {
      requests: 2 ** 53 - 1,
      latency_p50_seconds: 0.0123456789,
      error_ratio: 0,
      request_rate: 1e-9,
    };
    expect(await exporter.export(batchOf([inference(tags, fields)]), never)).to.deep.equal({
      kind: 'accepted',
    });
    const [series] = await server().query('SELECT * FROM "inference"', 'metrics');
    const row = Object.fromEntries(series.columns.map((column, index) => [column, series.values[0][index]]));
    expect(row).to.deep.equal({ time: END_MS, ...tags, ...fields });
  });

  it('takes a batch sent twice once, and the later of two points of one window', async () => {
    const exporter = await open({ database: 'metrics' });
    const tags = { model: 'twice', instance: 'pod-0', window: '10s' };
    for (const requests of [7, 7, 9]) await exporter.export(batchOf([inference(tags, { requests })]), never);
    const [series] = await server().query(
      `SELECT "requests" FROM "inference" WHERE "model" = 'twice'`,
      'metrics',
    );
    expect(series.values).to.deep.equal([[END_MS, 9]]);
  });

  it('keeps the points of two replicas apart', async () => {
    const exporter = await open({ database: 'metrics' });
    const points = ['pod-0', 'pod-1'].map((instance, index) =>
      inference({ model: 'fleet', instance, window: '10s' }, { requests: index + 1 }),
    );
    await exporter.export(batchOf(points), never);
    const [series] = await server().query(
      `SELECT sum("requests") FROM "inference" WHERE "model" = 'fleet'`,
      'metrics',
    );
    expect(series.values[0][1]).to.equal(3);
  });

  it('writes what it can of a batch with a type conflict, and the count is known', async () => {
    const exporter = await open({ database: 'metrics' });
    await exporter.export(textBatch(`conflict value=1 ${END_MS}\n`), never);
    const lines = `conflict,t=a value=2 ${END_MS}\nconflict,t=b value="two" ${END_MS}\n`;
    expect(await exporter.export(textBatch(lines), never)).to.include({ kind: 'partial', rejected: 1 });
    const [series] = await server().query('SELECT count("value") FROM "conflict"', 'metrics');
    expect(series.values[0][1]).to.equal(2);
  });

  it('writes the good lines beside a bad one, whose number it does not know', async () => {
    const exporter = await open({ database: 'metrics' });
    const outcome = await exporter.export(textBatch(`parsed value=1 ${END_MS}\nno line at all\n`), never);
    expect(outcome).to.include({ kind: 'partial', rejected: undefined });
    expect(await server().query('SELECT * FROM "parsed"', 'metrics')).to.have.length(1);
  });

  it('rejects a batch of which no line parsed', async () => {
    const exporter = await open({ database: 'metrics' });
    expect(await exporter.export(textBatch('no line at all\n'), never)).to.include({ kind: 'rejected' });
  });

  const held: [title: string, options: Partial<InfluxdbOptions>, says: string][] = [
    ['an unknown database', { database: 'nowhere' }, 'CREATE DATABASE'],
    [
      'an unknown retention policy',
      { database: 'metrics', retentionPolicy: 'never' },
      'influxdb.retention_policy',
    ],
    ['the write API of version 2', { bucket: 'metrics', org: 'o' }, 'influxdb.version'],
    ['the write API of version 3', { database: 'metrics', version: '3' }, 'influxdb.version'],
  ];
  for (const [title, options, says] of held) {
    it(`holds the points back for ${title}`, async () => {
      const exporter = await open(options);
      const outcome = await exporter.export(textBatch(`held value=1 ${END_MS}\n`), never);
      expect(outcome).to.include({ kind: 'hold' });
      expect(outcome).to.have.property('reason').that.includes(says);
    });
  }

  it('goes on after a pause and after a kill', async () => {
    const exporter = await open({ database: 'metrics' });
    const batch = textBatch(`outage value=1 ${END_MS}\n`);
    server().pause();
    expect(await exporter.export(batch, AbortSignal.timeout(200))).to.include({ kind: 'retry' });
    server().resume();
    expect(await exporter.export(batch, never)).to.deep.equal({ kind: 'accepted' });
    await server().kill();
    expect(await exporter.export(batch, never)).to.include({ kind: 'retry' });
    await server().restart();
    expect(await exporter.export(batch, never)).to.deep.equal({ kind: 'accepted' });
    expect(await server().query('SELECT * FROM "outage"', 'metrics')).to.have.length(1);
  });

  it('is checked without a trace', async () => {
    const before = await server().query('SHOW MEASUREMENTS', 'metrics');
    const good = await (await open({ database: 'metrics' })).check(never);
    expect(good).to.deep.equal({
      ok: true,
      message: `${server().url} takes points for database "metrics" (write API 1)`,
    });
    const bad = await (await open({ database: 'nowhere' })).check(never);
    expect(bad.ok).to.equal(false);
    expect(bad.message).to.include('database not found: "nowhere"');
    expect(await server().query('SHOW MEASUREMENTS', 'metrics')).to.deep.equal(before);
  });
});

describe('influxdb exporter on an influxd that asks for passwords', () => {
  const auth = { username: 'writer', password: 'p:ä ss' };
  let influxd: Influxd | undefined;

  before(async function () {
    requireBinary(this, 'influxd');
    influxd = await Influxd.start(auth);
    await influxd.createDatabase('metrics');
  });
  after(() => influxd?.stop());

  const cases: [title: string, credentials: Partial<InfluxdbOptions>, kind: string][] = [
    ['writes with the right password', auth, 'accepted'],
    ['holds the points back with a wrong one', { ...auth, password: 'wrong' }, 'hold'],
    ['holds the points back without one', {}, 'hold'],
  ];
  for (const [title, credentials, kind] of cases) {
    it(title, async () => {
      const url = influxd?.url ?? expect.fail('influxd runs');
      const options: InfluxdbOptions = { url, version: 'auto', database: 'metrics', ...credentials };
      const exporter = new InfluxdbExporter(options, new ManualClock());
      await exporter.start();
      const outcome = await exporter.export(textBatch(`secret value=1 ${END_MS}\n`), never);
      const check = await exporter.check(never);
      await exporter.stop();
      expect(outcome).to.include({ kind });
      expect(check.ok).to.equal(kind === 'accepted');
      expect(JSON.stringify([outcome, check])).to.not.include('wrong');
    });
  }
});

function inference(tags: Record<string, string>, fields: Point['fields']): Point {
  return { series: new PointSeries('inference', tags), fields, timestampMs: END_MS } as Point;
}

function batchOf(points: readonly Point[]): PointBatch {
  const buffer = new LineBuffer();
  for (const point of points) encodePoint(point, buffer);
  return { points: points.length, gzip: gzipSync(buffer.written()) };
}

function textBatch(lines: string): PointBatch {
  return { points: lines.split('\n').length - 1, gzip: gzipSync(lines) };
}
