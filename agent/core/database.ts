export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One SQL statement, run once for each row of positional parameters; no rows: run once without any. */
export interface SqlStatement {
  readonly sql: string;
  readonly rows?: readonly (readonly SqlValue[])[];
  /** The blobs are given away: nobody uses them, or the array buffers they lie in, after the call. Spares a copy. */
  readonly givesBlobs?: true;
}

/** A SQLite file that is worked on outside the main thread, so that an fsync never holds a span up. */
export interface Database {
  /** All or nothing; rejects with SQLite's message, and nothing changed. Calls run in the order made. */
  transaction(statements: readonly SqlStatement[]): Promise<void>;
  query(sql: string, parameters?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}
