import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SqlRow, SqlStatement, SqlValue } from '../core/database.ts';
import type { SqliteConnection } from './sqlite-driver.ts';
import type { OpenOptions } from './thread-protocol.ts';

type Statement = ReturnType<SqliteConnection['prepare']>;

const PAGE_BYTES = 4096;
/** The write-ahead log is cut back to this after a checkpoint. */
const MAX_LOG_BYTES = 4 << 20;
/** A query that forgot its LIMIT must not exhaust the memory. */
const MAX_ROWS = 200_000;
const MAX_CACHED_STATEMENTS = 100;
/** Free pages are given back to the file system once this many (32 MB) lie idle, some at a time. */
const IDLE_PAGES = 8192;
const PAGES_PER_VACUUM = 1024;
const TRANSACTIONS_PER_VACUUM = 16;
/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const DAMAGE_MESSAGE = /malformed|not a database/;

/** One open SQLite file, inside the database thread: every call blocks until it is done. */
export class SqliteFile {
  readonly #path: string;
  readonly #connection: SqliteConnection;
  readonly #statements = new Map<string, Statement>();
  #transactions = 0;

  private constructor(path: string, connection: SqliteConnection) {
    this.#path = path;
    this.#connection = connection;
  }

  /** Throws what SQLite says; a damaged file gives an error for which `isDamage` holds. */
  static open(connect: (path: string) => SqliteConnection, path: string, options: OpenOptions): SqliteFile {
    const connection = connect(path);
    try {
      configure(connection, options);
      return new SqliteFile(path, connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  transaction(statements: readonly SqlStatement[]): void {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      for (const statement of statements) this.#run(statement);
      this.#connection.exec('COMMIT');
    } catch (error) {
      this.#rollback();
      throw error;
    }
    this.#transactions += 1;
    if (this.#transactions % TRANSACTIONS_PER_VACUUM === 0) this.#giveBackPages();
  }

  query(sql: string, parameters: readonly SqlValue[]): readonly SqlRow[] {
    const rows: SqlRow[] = [];
    for (const row of this.#prepare(sql).iterate(...parameters)) {
      if (rows.length === MAX_ROWS) throw new Error(`more than ${MAX_ROWS} rows: ask for fewer`);
      rows.push(row);
    }
    return rows;
  }

  /** Reads the whole file. A damaged one is marked, to be put aside at the next start: its owner goes on. */
  check(): string | undefined {
    const [row] = this.query('PRAGMA quick_check(1)', []);
    const result = String(row?.['quick_check']);
    if (result === 'ok') return undefined;
    writeFileSync(damageMark(this.#path), `${result}\n`);
    return result;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #run(statement: SqlStatement): void {
    // Without rows it may be a script of several statements, which only exec runs to its end.
    if (statement.rows === undefined) {
      this.#connection.exec(statement.sql);
      return;
    }
    const prepared = this.#prepare(statement.sql);
    for (const row of statement.rows) prepared.run(...row);
  }

  #prepare(sql: string): Statement {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
    const prepared = this.#connection.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }

  #rollback(): void {
    try {
      this.#connection.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it does on a full disk.
    }
  }

  #giveBackPages(): void {
    const [row] = this.query('PRAGMA freelist_count', []);
    if (Number(row?.['freelist_count']) < IDLE_PAGES) return;
    this.#connection.exec(`PRAGMA incremental_vacuum(${PAGES_PER_VACUUM})`);
  }
}

/** Whether the file itself is broken, and not the disk full or the statement wrong. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && DAMAGE_MESSAGE.test(error.message);
}

/** Whether an earlier check found the file damaged. */
export function isMarkedDamaged(path: string): boolean {
  return existsSync(damageMark(path));
}

/** Moves a damaged file and its log out of the way and returns where to; earlier such files go, unless precious. */
export function putAside(path: string, nowMs: number, { precious = false }: OpenOptions): string {
  const folder = dirname(path);
  const stem = `${basename(path)}.corrupt-`;
  const earlier = precious ? [] : readdirSync(folder).filter((name) => name.startsWith(stem));
  for (const name of earlier) rmSync(join(folder, name));
  const target = `${path}.corrupt-${Math.round(nowMs)}`;
  renameSync(path, target);
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  rmSync(damageMark(path), { force: true });
  return target;
}

function damageMark(path: string): string {
  return `${path}.damaged`;
}

/** The order matters: auto_vacuum only takes before the first table, and the journal's mode before its limit. */
function configure(connection: SqliteConnection, options: OpenOptions): void {
  connection.exec(`
    PRAGMA busy_timeout = 5000;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${options.synchronous === 'full' ? 'FULL' : 'NORMAL'};
    PRAGMA journal_size_limit = ${MAX_LOG_BYTES};
    PRAGMA max_page_count = ${Math.ceil(options.maxBytes / PAGE_BYTES)};
    SELECT count(*) FROM sqlite_schema;
  `);
}
