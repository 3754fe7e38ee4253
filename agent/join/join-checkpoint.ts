import type { CapturedState } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database, SqlRow, SqlStatement, SqlValue } from '../core/database.ts';
import type { EmittedRanges } from '../core/emitted-ends.ts';
import type { Logger } from '../core/logger.ts';
import type { Account } from './account-table.ts';
import { decodeBusySlice, encodeBusySlice } from './busy-codec.ts';
import {
  JOIN_STATE_VERSION,
  type JoinCheckpointState,
  parseAccount,
  parseGpuFacts,
  parseJoinState,
} from './join-rows.ts';
import { type JoinState, MARGIN_MS } from './join-state.ts';
import { Column, type JoinedSlice } from './joined-slice.ts';

export const joinSchema = `
  CREATE TABLE IF NOT EXISTS join_state (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS join_account (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS join_busy (slice INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS join_slice (slice INTEGER PRIMARY KEY, facts TEXT NOT NULL, body BLOB NOT NULL) STRICT;`;

/** Keeps the join's slices on disk: only those that changed are written. What GPUs said of open slices is not kept. */
export class JoinCheckpoint {
  readonly #state: JoinState;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By id, what the table of accounts holds. Absent: what the tables hold is of no use. */
  #writtenAccounts: ReadonlyMap<number, Account> | undefined;

  constructor(state: JoinState, clock: Clock, log: Logger) {
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
  }

  capture(): CapturedState {
    const { accounts, book, grid, joined } = this.#state;
    const open = new Map(accounts.all().map((account) => [account.id, account]));
    const busy = book.inUse().filter(({ changed }) => changed);
    const slices = joined.filter(({ changed }) => changed);
    const busyRows = busy.map((slice): SqlValue[] => [
      slice.index,
      encodeBusySlice(slice, [...open.keys()], grid),
    ]);
    for (const slice of [...busy, ...slices]) slice.changed = false;
    const state = this.#describe();
    return {
      statements: async () => [
        ...this.#accountStatements(open),
        ...this.#deletions(state),
        { sql: 'INSERT OR REPLACE INTO join_busy (slice, body) VALUES (?, ?)', rows: busyRows },
        {
          sql: 'INSERT OR REPLACE INTO join_slice (slice, facts, body) VALUES (?, ?, ?)',
          rows: slices.map(sliceRow),
        },
        {
          sql: 'INSERT OR REPLACE INTO join_state (id, body) VALUES (1, ?)',
          rows: [[JSON.stringify(state)]],
        },
      ],
      committed: () => {
        this.#writtenAccounts = open;
      },
      abandoned: () => {
        for (const slice of [...busy, ...slices]) slice.changed = true;
      },
    };
  }

  /** False when nothing was taken up. What cannot be read is said in the log and left out. */
  async restore(database: Database): Promise<boolean> {
    try {
      const [row] = await database.query('SELECT body FROM join_state');
      if (row === undefined) return false;
      const state = parseJoinState(String(row['body']));
      this.#state.emitted.restore(state.emitted);
      const { intervalMs, windowsMs } = this.#state.options;
      if (state.intervalMs !== intervalMs || String(state.windowsMs) !== String(windowsMs))
        throw new Error('interval or windows changed');
      const accounts = await this.#restoreAccounts(database);
      await this.#restoreSlices(database, state);
      this.#state.book.closedEnd = state.closedEnd;
      this.#state.watch.start(state.watched);
      this.#writtenAccounts = accounts;
      return true;
    } catch (error) {
      this.#log.warn({ err: error }, 'what the earlier run knew of GPU use is left out: it starts empty');
      for (const slice of this.#state.book.inUse()) this.#state.book.release(slice);
      this.#state.joined = [];
      return false;
    }
  }

  #describe(): JoinCheckpointState {
    const { options, book, watch, emitted } = this.#state;
    return {
      version: JOIN_STATE_VERSION,
      intervalMs: options.intervalMs,
      windowsMs: options.windowsMs,
      closedEnd: book.closedEnd,
      watched: watch.spans(),
      emitted: emitted.ranges() satisfies EmittedRanges,
    };
  }

  /** Returns what the table holds. */
  async #restoreAccounts(database: Database): Promise<ReadonlyMap<number, Account>> {
    const { accounts, names, grid } = this.#state;
    const nowSlice = grid.sliceOf(this.#clock.wallMs());
    for (const row of await database.query('SELECT id, body FROM join_account ORDER BY id')) {
      const { identity, tags, gpu } = parseAccount(String(row['body']));
      accounts.restore({ id: Number(row['id']), identity, tags, gpu: names.open(gpu) }, nowSlice);
    }
    return new Map(accounts.all().map((account) => [account.id, account]));
  }

  /** None that a wrong clock put in a time to come. */
  async #restoreSlices(database: Database, { closedEnd }: JoinCheckpointState): Promise<void> {
    const { accounts, book, grid, longest } = this.#state;
    const newest = grid.sliceOf(this.#clock.wallMs() + MARGIN_MS);
    const busy = 'SELECT slice, body FROM join_busy WHERE slice >= ? AND slice <= ? ORDER BY slice';
    for (const row of await database.query(busy, [closedEnd, newest])) {
      const slice = book.open(Number(row['slice']));
      decodeBusySlice(blobOf(row), slice, grid, (id) => accounts.get(id) !== undefined);
      slice.changed = false;
    }
    const joined = 'SELECT slice, facts, body FROM join_slice WHERE slice >= ? AND slice < ? ORDER BY slice';
    const rows = await database.query(joined, [closedEnd - longest, closedEnd]);
    this.#state.joined = rows.map((row) => this.#joinedSlice(row));
  }

  #joinedSlice(row: SqlRow): JoinedSlice {
    const width = Column.longer + this.#state.lengths.length;
    const rows = new Float64Array(blobOf(row).slice().buffer);
    const gpus = parseGpuFacts(String(row['facts']));
    if (rows.length % width !== 0) throw new RangeError('a slice of the join is damaged');
    return { index: Number(row['slice']), gpus, rows, width, changed: false };
  }

  #accountStatements(open: ReadonlyMap<number, Account>): SqlStatement[] {
    const written = this.#writtenAccounts ?? new Map<number, Account>();
    const { names } = this.#state;
    const opened = [...open.values()]
      .filter((account) => written.get(account.id) !== account)
      .map(({ id, identity, gpu }) => [
        id,
        JSON.stringify({ identity: identity.id, tags: identity.tags, gpu: names.uuidsOf(gpu).join(',') }),
      ]);
    const freed = [...written.keys()].filter((id) => !open.has(id));
    const statements: SqlStatement[] = [
      { sql: 'DELETE FROM join_account WHERE id = ?', rows: freed.map((id) => [id]) },
      { sql: 'INSERT OR REPLACE INTO join_account (id, body) VALUES (?, ?)', rows: opened },
    ];
    const changes = statements.filter(({ rows }) => rows?.length !== 0);
    return this.#writtenAccounts === undefined ? [{ sql: 'DELETE FROM join_account' }, ...changes] : changes;
  }

  /** Slices that no window needs, or that a wrong clock put in a time to come. */
  #deletions({ closedEnd }: JoinCheckpointState): SqlStatement[] {
    if (this.#writtenAccounts === undefined)
      return [{ sql: 'DELETE FROM join_busy' }, { sql: 'DELETE FROM join_slice' }];
    const { grid, longest } = this.#state;
    const newest = grid.sliceOf(this.#clock.wallMs() + MARGIN_MS);
    return [
      { sql: 'DELETE FROM join_busy WHERE slice < ? OR slice > ?', rows: [[closedEnd, newest]] },
      {
        sql: 'DELETE FROM join_slice WHERE slice < ? OR slice >= ?',
        rows: [[closedEnd - longest, closedEnd]],
      },
    ];
  }
}

function sliceRow({ index, gpus, rows }: JoinedSlice): SqlValue[] {
  return [index, JSON.stringify({ gpus }), new Uint8Array(rows.buffer)];
}

function blobOf(row: SqlRow): Uint8Array {
  const body = row['body'];
  if (!(body instanceof Uint8Array)) throw new RangeError('a slice of the join is no blob');
  return body;
}
