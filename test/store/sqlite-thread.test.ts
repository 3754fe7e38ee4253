import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Database } from '../../agent/core/database.ts';
import { SqliteThread } from '../../agent/store/sqlite-thread.ts';
import type { OpenOptions } from '../../agent/store/thread-protocol.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { spawnWriter, type WriterProcess } from './writer-process.ts';

const FULL: OpenOptions = { synchronous: 'full', maxBytes: 64 << 20 };
const SCHEMA = 'CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, body) STRICT'.replace(
  'body',
  'body ANY',
);

describe('SqliteThread', () => {
  let directory: string;
  let log: SilentLogger;
  let running: SqliteThread[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'infermeter-store-'));
    log = new SilentLogger();
    running = [];
  });

  afterEach(async () => {
    for (const thread of running) await thread.stop(new AbortController().signal);
    rmSync(directory, { recursive: true });
  });

  async function start(): Promise<SqliteThread> {
    const thread = new SqliteThread(directory, new ManualClock(), log);
    running.push(thread);
    await thread.start();
    return thread;
  }

  async function open(options = FULL): Promise<Database> {
    const database = await (await start()).open('state.db', options);
    await database.transaction([{ sql: SCHEMA }]);
    return database;
  }

  it('returns every kind of value as it was written', async () => {
    const database = await open();
    const values = [null, 1, 1.5, 2 ** 53 - 1, 'aü😀', new Uint8Array([0, 255])];
    const rows = values.map((value, id) => [id, value]);
    await database.transaction([{ sql: 'INSERT INTO t VALUES (?, ?)', rows }]);
    const read = await database.query('SELECT body FROM t ORDER BY id');
    expect(read.map((row) => row['body'])).to.deep.equal(values);
  });

  it('takes blobs away that are given, and leaves the others', async () => {
    const database = await open();
    const [given, kept] = [new Uint8Array([1, 2]), new Uint8Array([3])];
    const sql = 'INSERT INTO t VALUES (?, ?)';
    await database.transaction([
      { sql, rows: [[1, given]], givesBlobs: true },
      { sql, rows: [[2, kept]] },
    ]);
    expect([given.length, kept.length]).to.deep.equal([0, 1]);
    const read = await database.query('SELECT body FROM t ORDER BY id');
    expect(read.map((row) => row['body'])).to.deep.equal([new Uint8Array([1, 2]), new Uint8Array([3])]);
  });

  it('runs a script of several statements', async () => {
    const database = await open();
    await database.transaction([{ sql: 'INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 2)' }]);
    expect(await count(database)).to.equal(2);
  });

  it('changes nothing when one statement of a transaction fails', async () => {
    const database = await open();
    const rows = [
      [1, 'a'],
      [1, 'b'],
    ];
    const error = await rejectionOf(database.transaction([{ sql: 'INSERT INTO t VALUES (?, ?)', rows }]));
    expect(error.message).to.match(/UNIQUE constraint failed/);
    expect(await count(database)).to.equal(0);
  });

  it('keeps the order of calls, also across transactions larger than one message', async () => {
    const database = await open();
    const rows = Array.from({ length: 3000 }, (_, id) => [id, 'x']);
    const written = database.transaction([{ sql: 'INSERT INTO t VALUES (?, ?)', rows }]);
    const [before, erased, after] = [
      count(database),
      database.transaction([{ sql: 'DELETE FROM t' }]),
      count(database),
    ];
    await Promise.all([written, erased]);
    expect([await before, await after]).to.deep.equal([3000, 0]);
  });

  it('serves several files', async () => {
    const thread = await start();
    const state = await thread.open('state.db', FULL);
    const history = await thread.open('history.db', { synchronous: 'normal', maxBytes: 1 << 20 });
    await Promise.all([state, history].map((file) => file.transaction([{ sql: SCHEMA }])));
    await state.transaction([{ sql: 'INSERT INTO t VALUES (1, 1)' }]);
    expect([await count(state), await count(history)]).to.deep.equal([1, 0]);
    expect(await state.query('PRAGMA synchronous')).to.deep.equal([{ synchronous: 2 }]);
    expect(await history.query('PRAGMA synchronous')).to.deep.equal([{ synchronous: 1 }]);
    expect(await history.query('PRAGMA journal_mode')).to.deep.equal([{ journal_mode: 'wal' }]);
    expect(await history.query('PRAGMA auto_vacuum')).to.deep.equal([{ auto_vacuum: 2 }]);
  });

  it('rejects what does not fit the bound, and goes on when there is room again', async () => {
    const database = await open({ synchronous: 'full', maxBytes: 256 * 1024 });
    const insert = (id: number, bytes: number) =>
      database.transaction([{ sql: 'INSERT INTO t VALUES (?, ?)', rows: [[id, new Uint8Array(bytes)]] }]);
    await insert(1, 100_000);
    expect((await rejectionOf(insert(2, 200_000))).message).to.match(/full/);
    expect(await count(database)).to.equal(1);
    await database.transaction([{ sql: 'DELETE FROM t' }]);
    await insert(2, 200_000);
    expect(await count(database)).to.equal(1);
  });

  it('finds what an earlier run committed', async () => {
    await (await open()).transaction([{ sql: "INSERT INTO t VALUES (7, 'kept')" }]);
    await running.pop()?.stop(new AbortController().signal);
    const database = await open();
    expect(await database.query('SELECT * FROM t')).to.deep.equal([{ id: 7, body: 'kept' }]);
  });

  const garbage: readonly [string, Buffer][] = [
    ['a file that is no database', Buffer.from('garbage '.repeat(2000))],
    ['a database whose first page is torn', Buffer.from(`SQLite format 3\0${'\x07'.repeat(8000)}`, 'latin1')],
  ];
  for (const [title, content] of garbage) {
    it(`puts ${title} aside and says so`, async () => {
      writeFileSync(join(directory, 'state.db'), content);
      expect(await count(await open())).to.equal(0);
      const aside = readdirSync(directory).filter((name) => name.startsWith('state.db.corrupt-'));
      expect(aside).to.deep.equal(['state.db.corrupt-1800000000000']);
      expect(readFileSync(join(directory, aside[0]))).to.deep.equal(content);
      expect(log.lines).to.deep.equal(['error a damaged file was put aside and begun anew']);
    });
  }

  it('finds damage deep in a file by a check, goes on, and puts it aside at the next start', async () => {
    const database = await open();
    const rows = Array.from({ length: 200 }, (_, id) => [id, new Uint8Array(3000)]);
    await database.transaction([{ sql: 'INSERT INTO t VALUES (?, ?)', rows }]);
    await running.pop()?.stop(new AbortController().signal);
    const path = join(directory, 'state.db');
    writeFileSync(path, readFileSync(path).fill(0xff, 40_000, 60_000));

    await open();
    await running[0].check();
    expect(running[0].degradations().map(({ component }) => component)).to.deep.equal(['store:state.db']);
    await running.pop()?.stop(new AbortController().signal);

    expect(await count(await open())).to.equal(0);
    await running[0].check();
    expect(running[0].degradations()).to.deep.equal([]);
  });

  it('locks the directory against a second agent until the first one stops', async () => {
    const first = await start();
    expect((await rejectionOf(start())).message).to.match(/data directory .* is in use by another agent/);
    await first.stop(new AbortController().signal);
    await start();
  });

  it('refuses a query that would read without end', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    const database = await open();
    expect((await rejectionOf(database.query(endless))).message).to.match(/more than 200000 rows/);
    expect(await count(database)).to.equal(0);
  });

  it('names the directory that it cannot create', async () => {
    writeFileSync(join(directory, 'file'), '');
    const thread = new SqliteThread(join(directory, 'file', 'data'), new ManualClock(), log);
    expect((await rejectionOf(thread.start())).message).to.match(
      /cannot create the data directory .*file\/data/,
    );
    await thread.stop(new AbortController().signal);
  });

  it('rejects calls after it stopped', async () => {
    const database = await open();
    await running[0].stop(new AbortController().signal);
    expect((await rejectionOf(database.query('SELECT 1'))).message).to.equal('the store is not running');
  });

  describe('beside another process', () => {
    const spawned: WriterProcess[] = [];

    afterEach(async () => {
      for (const writer of spawned.splice(0)) await writer.kill();
    });

    async function spawn(): Promise<WriterProcess> {
      const writer = await spawnWriter(directory);
      spawned.push(writer);
      return writer;
    }

    it('is locked out while the process lives, and let in when it was killed', async () => {
      const writer = await spawn();
      expect((await rejectionOf(start())).message).to.match(/in use by another agent/);
      await writer.kill();
      await start();
    });

    it('finds whole transactions only, and every one that was confirmed, after kill -9', async () => {
      const writer = await spawn();
      const confirmed = await writer.confirmations(20);
      await writer.kill();
      const database = await (await start()).open('state.db', FULL);
      const [sums] = await database.query('SELECT count(*) AS rows, max(batch) AS last FROM w');
      expect(sums['last']).to.be.at.least(confirmed);
      expect(sums['rows']).to.equal((Number(sums['last']) + 1) * 50);
      await running[0].check();
      expect(running[0].degradations()).to.deep.equal([]);
    });
  });
});

async function count(database: Database): Promise<unknown> {
  const [row] = await database.query('SELECT count(*) AS n FROM t');
  return row['n'];
}
