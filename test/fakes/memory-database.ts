import { DatabaseSync } from '@photostructure/sqlite';
import type { Database, SqlRow, SqlStatement, SqlValue } from '../../agent/core/database.ts';

/** A real SQLite database in memory, on the test's own thread. Close it in the end. */
export class MemoryDatabase implements Database {
  readonly #sqlite = new DatabaseSync(':memory:');
  /** When set, every call rejects with it, as on a full disk. */
  failure: Error | undefined;
  /** Transactions committed. */
  transactions = 0;

  async transaction(statements: readonly SqlStatement[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.#sqlite.exec('BEGIN');
    try {
      for (const { sql, rows } of statements) {
        if (rows === undefined) this.#sqlite.exec(sql);
        else this.#run(sql, rows);
      }
      this.#sqlite.exec('COMMIT');
      this.transactions += 1;
    } catch (error) {
      this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  async query(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    if (this.failure !== undefined) throw this.failure;
    return this.#sqlite.prepare(sql).all(...parameters) as SqlRow[];
  }

  close(): void {
    this.#sqlite.close();
  }

  #run(sql: string, rows: readonly (readonly SqlValue[])[]): void {
    const statement = this.#sqlite.prepare(sql);
    for (const row of rows) statement.run(...row);
  }
}
