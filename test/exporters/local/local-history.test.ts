import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { PointBatch } from '../../../agent/core/exporter.ts';
import { LocalExporter } from '../../../exporters/local/exporter.ts';
import { type HistoryQuery, LocalHistory } from '../../../exporters/local/local-history.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { MemoryDatabase } from '../../fakes/memory-database.ts';
import { rejectionOf } from '../../fakes/rejection.ts';

const START_MS = 1_800_000_000_000;
const OPTIONS = { retentionMs: 86_400_000, maxBytes: 512 * 2 ** 20 };
const never = new AbortController().signal;

describe('local exporter and history', () => {
  let database: MemoryDatabase;
  let exporter: LocalExporter;
  let history: LocalHistory;

  beforeEach(async () => {
    database = new MemoryDatabase();
    exporter = new LocalExporter(OPTIONS, database, new ManualClock(START_MS));
    history = new LocalHistory(database);
    await exporter.start();
  });
  afterEach(() => database.close());

  const write = (...lines: string[]): ReturnType<LocalExporter['export']> =>
    exporter.export(batchOf(lines), never);
  const read = (query: Partial<HistoryQuery> = {}): ReturnType<LocalHistory['query']> =>
    history.query({
      measurement: 'inference',
      fromMs: 0,
      toMs: START_MS * 2,
      tags: {},
      limit: 100,
      ...query,
    });
  const timesOf = async (query: Partial<HistoryQuery>): Promise<number[]> =>
    (await read(query)).rows.map((row) => row.time - START_MS);

  it('gives back tags and fields as they were', async () => {
    await write(
      `inference,instance=pod-0,model=res\\ net\\,50\\=a,window=10s requests=7i,p50=0.0125,ok=true,note="a, \\"b\\"" ${START_MS}`,
    );
    expect(await read()).to.deep.equal({
      rows: [
        {
          time: START_MS,
          tags: { instance: 'pod-0', model: 'res net,50=a', window: '10s' },
          fields: { requests: 7, p50: 0.0125, ok: true, note: 'a, "b"' },
        },
      ],
      truncated: false,
    });
  });

  it('begins anew on the tables of an older version, and keeps its own', async () => {
    await write(`inference,model=a requests=1i ${START_MS}`);
    await new LocalExporter(OPTIONS, database, new ManualClock(START_MS)).start();
    expect(await timesOf({})).to.deep.equal([0]);
    await database.transaction([
      { sql: 'DROP TABLE series' },
      { sql: 'CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT)' },
      { sql: 'CREATE TABLE point (series_id INTEGER, time_ms INTEGER)' },
      { sql: 'PRAGMA user_version = 0' },
    ]);
    const newer = new LocalExporter(OPTIONS, database, new ManualClock(START_MS));
    await newer.start();
    await newer.export(batchOf([`inference,model=b requests=1i ${START_MS + 5}`]), never);
    expect(await timesOf({})).to.deep.equal([5]);
    expect(await database.query("SELECT name FROM sqlite_schema WHERE name = 'point'")).to.deep.equal([]);
  });

  it('replaces a point by a later one with the same tags and time', async () => {
    await write(`inference,model=a requests=1i ${START_MS}`, `inference,model=b requests=2i ${START_MS}`);
    await write(`inference,model=a requests=3i ${START_MS}`);
    expect((await read()).rows.map((row) => row.fields)).to.deep.equal([{ requests: 3 }, { requests: 2 }]);
  });

  describe('selects', () => {
    beforeEach(() =>
      write(
        `inference,model=a,window=10s requests=1i ${START_MS}`,
        `inference,model=a,window=10s requests=2i ${START_MS + 10}`,
        `inference,model=a,window=1m requests=3i ${START_MS + 20}`,
        `inference,model=b,version=2,window=10s requests=4i ${START_MS + 30}`,
        `inference_phase,model=a,window=10s requests=5i ${START_MS + 40}`,
        `host cpu_ratio=0.5 ${START_MS + 50}`,
      ),
    );
    const cases: [title: string, query: Partial<HistoryQuery>, times: number[]][] = [
      ['a measurement', {}, [0, 10, 20, 30]],
      ['a measurement without tags', { measurement: 'host' }, [50]],
      ['a measurement nobody wrote', { measurement: 'nothing' }, []],
      ['from a time, inclusive', { fromMs: START_MS + 10 }, [10, 20, 30]],
      ['to a time, exclusive', { toMs: START_MS + 20 }, [0, 10]],
      ['by a tag', { tags: { model: 'a' } }, [0, 10, 20]],
      ['by the window', { tags: { window: '1m' } }, [20]],
      ['by several tags', { tags: { window: '10s', model: 'b' } }, [30]],
      ['by the absence of a tag', { tags: { version: '' } }, [0, 10, 20]],
      ['nothing by an unknown tag', { tags: { colour: 'red' } }, []],
      ['nothing by a tag that is no name', { tags: { '$."model': 'a' } }, []],
    ];
    for (const [title, query, times] of cases) {
      it(title, async () => expect(await timesOf(query)).to.deep.equal(times));
    }
  });

  it('keeps the newest rows of all windows where there are more than the limit, and says so', async () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `inference,window=${i % 3}s requests=${i}i ${START_MS + i}`,
    );
    await write(...lines);
    const { rows, truncated } = await read({ limit: 4 });
    expect(rows.map((row) => row.fields['requests'])).to.deep.equal([26, 27, 28, 29]);
    expect(truncated).to.equal(true);
    expect((await read({ limit: 30 })).truncated).to.equal(false);
  });

  it('reads many rows at one time and over several pages, each once', async () => {
    const lines = Array.from(
      { length: 3500 },
      (_, i) => `inference,model=m${i} requests=${i}i ${START_MS + (i % 2)}`,
    );
    await write(...lines);
    const { rows } = await read({ limit: 10_000 });
    expect(new Set(rows.map((row) => row.fields['requests'])).size).to.equal(3500);
    expect(rows).to.have.length(3500);
  });

  it('writes a batch of many times in one transaction, of which each point is found', async () => {
    await write('first x=1 1');
    const before = database.transactions;
    const lines = Array.from({ length: 600 }, (_, i) => `inference requests=${i}i ${START_MS + (i % 50)}`);
    await write(...lines.map((line, i) => line.replace(' ', `,model=m${i} `)));
    expect(database.transactions - before).to.equal(1);
    const { rows } = await read({ limit: 1000 });
    expect(rows.map((row) => row.fields['requests']).sort()).to.deep.equal(
      Array.from({ length: 600 }, (_, i) => i).sort(),
    );
  });

  it('packs the points of one family and time together', async () => {
    const lines = Array.from({ length: 500 }, (_, i) => `inference,model=m${i} requests=${i}i ${START_MS}`);
    await write(...lines);
    const [block] = await database.query('SELECT count(*) AS n, sum(length(body)) AS bytes FROM block');
    expect(block['n']).to.equal(4);
    expect(block['bytes']).to.be.below(lines.join('\n').length / 4);
  });

  it('replaces points within a batch and in a batch of several blocks', async () => {
    const lines = (requests: number): string[] =>
      Array.from({ length: 300 }, (_, i) => `inference,model=m${i} requests=${requests}i ${START_MS}`);
    await write(...lines(1), ...lines(2));
    const counts = async (): Promise<unknown[]> =>
      (await read({ limit: 1000 })).rows.map((row) => row.fields['requests']);
    expect(await counts()).to.deep.equal(Array.from({ length: 300 }, () => 2));
    await write(...lines(3).slice(100, 200));
    expect(await counts()).to.deep.equal(
      Array.from({ length: 300 }, (_, i) => (i >= 100 && i < 200 ? 3 : 2)),
    );
  });

  it('keeps a series once for all its windows', async () => {
    for (const key of ['inference,model=a,window=10s', 'inference,model=a,window=1m', 'inference,model=a']) {
      await write(`${key} requests=1i ${START_MS}`);
    }
    const rows = await database.query('SELECT key FROM series');
    expect(rows.map((row) => row['key'])).to.deep.equal(['inference,model=a']);
    const found = (await read()).rows.map((row) => row.tags);
    expect(found).to.have.deep.members([
      { model: 'a', window: '10s' },
      { model: 'a', window: '1m' },
      { model: 'a' },
    ]);
  });

  it('rejects a query over a damaged block', async () => {
    await write(`inference,model=a requests=1i ${START_MS}`);
    await database.transaction([{ sql: `UPDATE block SET body = x'ffff'` }]);
    expect(await rejectionOf(read())).to.be.instanceOf(Error);
  });

  it('counts lines that are no points and keeps the others', async () => {
    const outcome = await write(
      'no line',
      `inference,broken requests=1i ${START_MS}`,
      `inference requests=1i ${START_MS}`,
    );
    expect(outcome).to.deep.equal({ kind: 'partial', rejected: 2, reason: 'lines that are no points' });
    expect((await read()).rows).to.have.length(1);
  });

  it('says why it could not write, and writes again when it can', async () => {
    database.failure = new Error('database or disk is full');
    expect(await write(`inference,model=new requests=1i ${START_MS}`)).to.deep.equal({
      kind: 'retry',
      reason: 'the local history cannot be written: database or disk is full',
    });
    expect(await exporter.check()).to.deep.equal({
      ok: false,
      message: 'the local history cannot be read: database or disk is full',
    });
    database.failure = undefined;
    expect(await write(`inference,model=new requests=1i ${START_MS}`)).to.deep.equal({ kind: 'accepted' });
    expect((await read()).rows).to.have.length(1);
    expect((await exporter.check()).ok).to.equal(true);
  });

  it('makes room and goes on where the file may not grow', async () => {
    const small = new LocalExporter(
      { ...OPTIONS, maxBytes: 200 * 4096 },
      database,
      new ManualClock(START_MS),
    );
    await database.query('PRAGMA max_page_count = 200');
    for (let i = 0; i < 400; i++) {
      const outcome = await small.export(
        batchOf([`inference note="${randomBytes(3000).toString('base64')}" ${START_MS + i * 1000}`]),
        never,
      );
      expect(outcome).to.deep.equal({ kind: 'accepted' });
    }
    const { rows } = await read({ limit: 1000 });
    expect(rows.at(-1)?.time).to.equal(START_MS + 399_000);
    expect(rows).to.have.length.within(40, 200);
  });

  it('stops when its time is up', async () => {
    const outcome = await exporter.export(
      batchOf([`inference requests=1i ${START_MS}`]),
      AbortSignal.abort(),
    );
    expect(outcome).to.include({ kind: 'retry' });
    expect((await read()).rows).to.deep.equal([]);
  });

  it('goes on with the history of a previous run', async () => {
    await write(`inference,model=a requests=1i ${START_MS}`);
    const next = new LocalExporter(OPTIONS, database, new ManualClock(START_MS));
    await next.start();
    await next.export(batchOf([`inference,model=a requests=2i ${START_MS + 1}`]), never);
    expect((await read()).rows).to.have.length(2);
  });
});

function batchOf(lines: readonly string[]): PointBatch {
  return { points: lines.length, gzip: gzipSync(`${lines.join('\n')}\n`) };
}
