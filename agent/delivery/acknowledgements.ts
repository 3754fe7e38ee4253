import type { SqlStatement } from '../core/database.ts';
import type { LogCursor } from './outbox-log.ts';

/** How far the exporters have come, at one moment. */
export interface Progress {
  readonly positions: ReadonlyMap<string, number>;
  /** Id up to which all have passed. */
  readonly passedByAll: number;
}

/** What the disk says about the exporters' progress, and the statements that bring it up to date. */
export class Acknowledgements {
  #positions = new Map<string, number>();
  #deletedTo = 0;

  /** As an earlier run left it. */
  restore(positions: ReadonlyMap<string, number>): void {
    this.#positions = new Map(positions);
  }

  /** None if the disk knows it all. Cursors of exporters that are no more are removed. */
  statements({ positions, passedByAll }: Progress): readonly SqlStatement[] {
    const moved = [...positions].filter(([exporter, id]) => this.#positions.get(exporter) !== id);
    const removed = [...this.#positions.keys()].filter((exporter) => !positions.has(exporter));
    const statements = [
      { sql: 'INSERT OR REPLACE INTO outbox_cursor (exporter, position) VALUES (?, ?)', rows: moved },
      { sql: 'DELETE FROM outbox_cursor WHERE exporter = ?', rows: removed.map((exporter) => [exporter]) },
      { sql: 'DELETE FROM outbox WHERE id <= ?', rows: passedByAll > this.#deletedTo ? [[passedByAll]] : [] },
    ];
    return statements.filter(({ rows }) => rows.length > 0);
  }

  /** The statements for `progress` are on disk. */
  committed(progress: Progress): void {
    this.#positions = new Map(progress.positions);
    this.#deletedTo = progress.passedByAll;
  }
}

/** A snapshot: cursors move on while a transaction is under way. */
export function progressOf(cursors: Iterable<LogCursor>, passedByAll: number): Progress {
  const positions = new Map<string, number>();
  for (const { exporter, position } of cursors) positions.set(exporter, position);
  return { positions, passedByAll };
}
