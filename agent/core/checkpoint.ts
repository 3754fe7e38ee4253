import type { Database, SqlStatement } from './database.ts';

/** What one part of the agent has to write in the transaction of a flush. */
export interface CapturedState {
  /** Encodes what was captured, in pieces that yield to the event loop. */
  statements(): Promise<readonly SqlStatement[]>;
  /** The transaction is on disk. */
  committed(): void;
  /** It failed: what was captured counts as changed again. */
  abandoned(): void;
}

/**
 * State that must survive a restart. All parts are captured in one turn of the event loop and written in one
 * transaction, so that after a crash windows, dedupe state and outbox agree with each other.
 */
export interface Checkpointed {
  /** Idempotent DDL of its own tables, whose names begin with the part's name. */
  readonly schema: string;
  /** Synchronous and quick: takes what changed since the last committed capture. */
  capture(): CapturedState;
  /** Before the first span is taken. What cannot be read is left out and said in the log, never fatal. */
  restore(database: Database): Promise<void>;
}
