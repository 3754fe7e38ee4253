import type { CapturedState, Checkpointed } from '../core/checkpoint.ts';
import type { Database } from '../core/database.ts';

/** Writes the state of all parts in one transaction, so that after a crash they agree with each other. */
export class Checkpointer {
  readonly #parts: readonly Checkpointed[];
  readonly #database: Database;

  constructor(parts: readonly Checkpointed[], database: Database) {
    this.#parts = parts;
    this.#database = database;
  }

  /** Creates the tables and lets each part take up what an earlier run left. */
  async restore(): Promise<void> {
    await this.#database.transaction(this.#parts.map((part) => ({ sql: part.schema })));
    for (const part of this.#parts) await part.restore(this.#database);
  }

  /** Captures in this turn of the event loop, then writes. Rejects when nothing was written. */
  async commit(): Promise<void> {
    const captured = this.#parts.map((part) => part.capture());
    try {
      await this.#database.transaction(await encodeAll(captured));
    } catch (error) {
      for (const state of captured) state.abandoned();
      throw error;
    }
    for (const state of captured) state.committed();
  }
}

async function encodeAll(captured: readonly CapturedState[]) {
  const statements = [];
  for (const state of captured) statements.push(...(await state.statements()));
  return statements;
}
