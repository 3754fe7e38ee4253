import type { Database } from '../core/database.ts';
import type { BaselineSummary } from './baseline-summary.ts';

/** Bounds of the store; a baseline of a minute takes some 100 kB. */
export const MAX_BASELINES = 200;
export const MAX_STORED_BYTES = 128 * 2 ** 20;

/** A baseline without what it holds. */
export interface KeptBaseline extends BaselineSummary {
  readonly name: string;
  readonly savedMs: number;
  /** Of its document. */
  readonly bytes: number;
}

/** The file of the baselines. */
export interface BaselineFile {
  readonly exists: () => boolean;
  /** Creates it if it is missing. */
  readonly open: () => Promise<Database>;
}

export type PutOutcome = 'created' | 'replaced' | 'exists' | 'full';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS baselines (
    name TEXT PRIMARY KEY,
    saved_ms INTEGER NOT NULL,
    summary TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT`;

/**
 * The baselines in SQLite: each is the document that `export` gives, so that no other program is needed to have it
 * back. The file is opened when it is first needed; what its summaries say is kept in memory.
 */
export class BaselineStore {
  readonly #file: BaselineFile;
  #database: Promise<Database> | undefined;
  readonly #kept = new Map<string, KeptBaseline>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(file: BaselineFile) {
    this.#file = file;
  }

  /** By name. */
  async list(): Promise<readonly KeptBaseline[]> {
    if (this.#isThere()) await this.#ready();
    return this.known();
  }

  /** What is known without opening the file; nothing, if it was not opened yet. */
  known(): readonly KeptBaseline[] {
    return [...this.#kept.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async document(name: string): Promise<string | undefined> {
    if (!this.#isThere()) return undefined;
    const database = await this.#ready();
    const [row] = await database.query('SELECT document FROM baselines WHERE name = ?', [name]);
    return row === undefined ? undefined : String(row['document']);
  }

  put(baseline: KeptBaseline, document: string, options: { readonly replace: boolean }): Promise<PutOutcome> {
    return this.#inTurn(async () => {
      const database = await this.#ready();
      const current = this.#kept.get(baseline.name);
      if (current !== undefined && !options.replace) return 'exists';
      const bytes = this.known().reduce((sum, kept) => sum + kept.bytes, 0) - (current?.bytes ?? 0);
      const count = this.#kept.size - (current === undefined ? 0 : 1);
      if (count >= MAX_BASELINES || bytes + baseline.bytes > MAX_STORED_BYTES) return 'full';
      const { name, savedMs, bytes: _, ...summary } = baseline;
      const sql = 'INSERT OR REPLACE INTO baselines VALUES (?, ?, ?, ?)';
      await database.transaction([{ sql, rows: [[name, savedMs, JSON.stringify(summary), document]] }]);
      this.#kept.set(name, baseline);
      return current === undefined ? 'created' : 'replaced';
    });
  }

  /** False: there is none of that name. */
  remove(name: string): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#isThere()) return false;
      const database = await this.#ready();
      if (!this.#kept.has(name)) return false;
      await database.transaction([{ sql: 'DELETE FROM baselines WHERE name = ?', rows: [[name]] }]);
      this.#kept.delete(name);
      return true;
    });
  }

  /** One write at a time, or two could find the same room. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(write);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  #isThere(): boolean {
    return this.#database !== undefined || this.#file.exists();
  }

  async #ready(): Promise<Database> {
    this.#database ??= this.#load();
    try {
      return await this.#database;
    } catch (error) {
      this.#database = undefined;
      throw error;
    }
  }

  async #load(): Promise<Database> {
    const database = await this.#file.open();
    await database.transaction([{ sql: SCHEMA }]);
    const sql = 'SELECT name, saved_ms, summary, octet_length(document) AS bytes FROM baselines';
    for (const row of await database.query(sql)) {
      const summary = JSON.parse(String(row['summary'])) as BaselineSummary;
      const name = String(row['name']);
      const bytes = Number(row['bytes']);
      this.#kept.set(name, { ...summary, name, savedMs: Number(row['saved_ms']), bytes });
    }
    return database;
  }
}
