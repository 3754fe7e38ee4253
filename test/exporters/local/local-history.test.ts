import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { PointBatch } from '../../../agent/core/exporter.ts';
import { LocalExporter } from '../../../exporters/local/exporter.ts';
import { type HistoryQuery, LocalHistory } from '../../../exporters/local/local-history.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { MemoryDatabase } from '../../fakes/memory-database.ts';

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

  it('writes a large batch in several transactions', async () => {
    await write('first x=1 1');
    const before = database.transactions;
    await write(...Array.from({ length: 600 }, (_, i) => `inference requests=${i}i ${START_MS + i}`));
    expect(database.transactions - before).to.equal(3);
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
        batchOf([`inference note="${'x'.repeat(4000)}" ${START_MS + i}`]),
        never,
      );
      expect(outcome).to.deep.equal({ kind: 'accepted' });
    }
    const { rows } = await read({ limit: 1000 });
    expect(rows.at(-1)?.time).to.equal(START_MS + 399);
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
