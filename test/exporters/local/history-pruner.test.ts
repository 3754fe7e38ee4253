import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { HistoryPruner } from '../../../exporters/local/history-pruner.ts';
import { prepareHistory } from '../../../exporters/local/history-schema.ts';
import type { LocalOptions } from '../../../exporters/local/options.ts';
import { PointWriter } from '../../../exporters/local/point-writer.ts';
import { MemoryDatabase } from '../../fakes/memory-database.ts';

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const ROOMY = 2 ** 40;

describe('history pruner', () => {
  let database: MemoryDatabase;
  let writer: PointWriter;

  beforeEach(async () => {
    database = new MemoryDatabase();
    await prepareHistory(database);
    writer = new PointWriter(database);
  });
  afterEach(() => database.close());

  const prunerOf = (options: Partial<LocalOptions>): HistoryPruner =>
    new HistoryPruner(database, { retentionMs: HOUR_MS, maxBytes: ROOMY, ...options });
  const write = (...lines: string[]): Promise<number> => writer.write(Buffer.from(`${lines.join('\n')}\n`));
  /** A point a minute, of two families, up to now. */
  const fill = (minutes: number, textOf = () => 'x'): Promise<number> =>
    write(
      ...Array.from({ length: minutes }, (_, i) => NOW_MS - (minutes - 1 - i) * 60_000).flatMap((timeMs) => [
        `inference,window=10s note="${textOf()}" ${timeMs}`,
        `host note="${textOf()}" ${timeMs}`,
      ]),
    );
  const count = async (table: string): Promise<number> =>
    Number((await database.query(`SELECT count(*) AS n FROM ${table}`))[0]['n']);

  it('does nothing to an empty history', async () => {
    await prunerOf({}).prune(NOW_MS);
    expect((await prunerOf({}).measure()).oldestMs).to.equal(undefined);
  });

  it('keeps what is young enough', async () => {
    await fill(60);
    await prunerOf({}).prune(NOW_MS);
    expect(await count('block')).to.equal(120);
  });

  it('cuts what is too old, in steps, down to the retention and no further', async () => {
    await fill(600);
    const pruner = prunerOf({});
    await pruner.prune(NOW_MS);
    expect(await count('block')).to.be.within(120, 1200 - 1);
    for (let call = 0; call < 40; call++) await pruner.prune(NOW_MS);
    expect(await pruner.measure()).to.include({ oldestMs: NOW_MS - HOUR_MS, newestMs: NOW_MS });
    expect(await count('block')).to.equal(122);
  });

  it('cuts the oldest where there is too much, however young', async () => {
    await fill(60, () => randomBytes(6000).toString('base64'));
    const pruner = prunerOf({ maxBytes: 400_000 });
    for (let call = 0; call < 20; call++) await pruner.prune(NOW_MS);
    const { usedBytes, newestMs } = await pruner.measure();
    expect(usedBytes).to.be.within(200_000, 400_000);
    expect(newestMs).to.equal(NOW_MS);
  });

  it('forgets series whose points are all gone, and only those', async () => {
    await write(`inference,model=old a=1 ${NOW_MS - 10 * HOUR_MS}`, `inference,model=new a=1 ${NOW_MS}`);
    const pruner = prunerOf({});
    for (let call = 0; call < 40; call++) await pruner.prune(NOW_MS);
    const rows = await database.query('SELECT key FROM series');
    expect(rows.map((row) => row['key'])).to.deep.equal(['inference,model=new']);
  });

  it('keeps a series that goes on for longer than the retention', async () => {
    for (let minute = 0; minute < 600; minute += 5) {
      const nowMs = NOW_MS + minute * 60_000;
      await write(`inference,model=steady a=1 ${nowMs}`);
      await prunerOf({}).prune(nowMs);
    }
    expect(await count('series')).to.equal(1);
    expect(await count('block')).to.equal(13);
  });
});
