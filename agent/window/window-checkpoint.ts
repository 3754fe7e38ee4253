import type { CapturedState } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database, SqlStatement } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { WorkPacer } from '../core/work-pacer.ts';
import {
  CHECKPOINT_VERSION,
  type CheckpointState,
  parseCheckpointState,
  parseSeriesTags,
} from './checkpoint-state.ts';
import { Slice } from './slice.ts';
import { encodeSeries, SliceDecoder } from './slice-codec.ts';
import { SparseWriter } from './sparse-bins.ts';
import { MAX_AHEAD_MS, type WindowState } from './window-state.ts';

const MAX_PART_BYTES = 256 * 1024;

export const windowSchema = `
  CREATE TABLE IF NOT EXISTS window_state (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS window_series (id INTEGER PRIMARY KEY, tags TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS window_slice (
    slice INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (slice, part)
  ) STRICT;`;

/** What is known of the earlier run. */
export interface RestoredWindows {
  /** Absent, as `finalEnd`, when the slices could not be taken up. */
  readonly flushedEnd?: number;
  readonly finalEnd?: number;
  /** Absent: there was no earlier run, or nothing of it can be read. */
  readonly committedMs?: number;
  readonly watched: readonly (readonly [number, number])[];
}

const NOTHING: RestoredWindows = { watched: [] };

export interface CheckpointEdge {
  readonly clock: Clock;
  readonly log: Logger;
  readonly yieldToLoop: () => Promise<void>;
}

/** Keeps the slices on disk: only those that changed are written. */
export class WindowCheckpoint {
  readonly #state: WindowState;
  readonly #edge: CheckpointEdge;
  /** By id, what the table of series holds. Absent: what the tables hold is of no use. */
  #writtenSeries: ReadonlyMap<number, SeriesTags> | undefined;

  constructor(state: WindowState, edge: CheckpointEdge) {
    this.#state = state;
    this.#edge = edge;
  }

  capture(flushedEnd: number): CapturedState {
    const { series, ring } = this.#state;
    const changed = ring.inUse().filter((slice) => slice.changed);
    const indexes = changed.map(({ index }) => index);
    const copies = changed.map((slice) => this.#copy(slice, flushedEnd));
    const open = new Map(series.all().map(({ id, tags }) => [id, tags]));
    const state = this.#describe(flushedEnd);
    const bounds = [this.#state.oldestNeeded, this.#newestAt(state.committedMs)];
    return {
      statements: async () => [
        ...this.#seriesStatements(open),
        ...this.#deleteSlices(bounds, indexes),
        ...(await this.#encodeSlices(copies)),
        {
          sql: 'INSERT OR REPLACE INTO window_state (id, body) VALUES (1, ?)',
          rows: [[JSON.stringify(state)]],
        },
      ],
      committed: () => {
        this.#writtenSeries = open;
      },
      abandoned: () => {
        for (const index of indexes) {
          const slice = ring.find(index);
          if (slice !== undefined) slice.changed = true;
        }
      },
    };
  }

  /** What cannot be read is said in the log and left out. `taken` gets each slice, oldest first. */
  async restore(database: Database, taken: (slice: Slice) => void): Promise<RestoredWindows> {
    let state: CheckpointState | undefined;
    try {
      const [row] = await database.query('SELECT body FROM window_state');
      if (row === undefined) return NOTHING;
      state = parseCheckpointState(String(row['body']));
      this.#state.emitted.restore(state.emitted);
      if (state.intervalMs !== this.#state.options.intervalMs) throw new Error('the interval changed');
      this.#state.finalEnd = state.finalEnd;
      this.#writtenSeries = await this.#restoreSeries(database);
      await this.#restoreSlices(new SliceDecoder(this.#state, state.phases), database, taken);
      return state;
    } catch (error) {
      this.#edge.log.warn({ err: error }, 'the windows of the earlier run are left out: they start empty');
      this.#discard();
      return state === undefined ? NOTHING : { watched: [], committedMs: state.committedMs };
    }
  }

  #describe(flushedEnd: number): CheckpointState {
    const { options, finalEnd, watch, emitted, phases } = this.#state;
    return {
      version: CHECKPOINT_VERSION,
      intervalMs: options.intervalMs,
      flushedEnd,
      finalEnd,
      committedMs: this.#edge.clock.wallMs(),
      watched: watch.spans(),
      emitted: emitted.ranges(),
      phases: [...phases.names],
    };
  }

  /** Returns what the table holds. */
  async #restoreSeries(database: Database): Promise<ReadonlyMap<number, SeriesTags>> {
    const rows = await database.query('SELECT id, tags FROM window_series ORDER BY id');
    const nowMs = this.#edge.clock.wallMs();
    const written = new Map(rows.map((row) => [Number(row['id']), parseSeriesTags(String(row['tags']))]));
    for (const [id, tags] of written) this.#state.series.restore(id, tags, nowMs);
    return written;
  }

  /** The newest slices that fit in the ring; none that a wrong clock put in a time to come. */
  async #restoreSlices(
    decoder: SliceDecoder,
    database: Database,
    taken: (slice: Slice) => void,
  ): Promise<void> {
    const { ring } = this.#state;
    const rows = await database.query(
      'SELECT DISTINCT slice FROM window_slice WHERE slice <= ? ORDER BY slice',
      [this.#newestAt(this.#edge.clock.wallMs())],
    );
    const indexes = rows.map((row) => Number(row['slice']));
    const oldest = (indexes.at(-1) ?? 0) - ring.size + 1;
    for (const index of indexes.filter((candidate) => candidate >= oldest)) {
      const slice = ring.ensure(index);
      const sql = 'SELECT body FROM window_slice WHERE slice = ? ORDER BY part';
      for (const { body } of await database.query(sql, [index])) {
        if (!(body instanceof Uint8Array)) throw new RangeError('a slice is no blob');
        decoder.decode(body, slice);
      }
      taken(slice);
    }
  }

  #discard(): void {
    const { ring, series, tracks } = this.#state;
    for (const slice of ring.inUse()) ring.release(slice);
    for (const { id } of series.all()) {
      tracks.freeAll(id);
      if (id !== 0) series.free(id);
    }
    this.#writtenSeries = undefined;
  }

  /** A series that is behind the others is marked: its windows up to `flushedEnd` are still to be emitted. */
  #copy(slice: Slice, flushedEnd: number): Slice {
    slice.changed = false;
    const copy = new Slice();
    copy.copyFrom(slice, () => this.#state.ring.takeStore());
    const { standing } = this.#state;
    for (const { id } of this.#state.series.all()) {
      if (standing[id] < flushedEnd && slice.index < flushedEnd && id < copy.seriesCapacity)
        copy.touch(id, flushedEnd);
    }
    return copy;
  }

  #seriesStatements(open: ReadonlyMap<number, SeriesTags>): SqlStatement[] {
    const written = this.#writtenSeries ?? new Map<number, SeriesTags>();
    const opened = [...open]
      .filter(([id, tags]) => written.get(id) !== tags)
      .map(([id, tags]) => [id, JSON.stringify(tags)]);
    const freed = [...written.keys()].filter((id) => !open.has(id));
    const statements: SqlStatement[] = [
      { sql: 'DELETE FROM window_series WHERE id = ?', rows: freed.map((id) => [id]) },
      { sql: 'INSERT OR REPLACE INTO window_series (id, tags) VALUES (?, ?)', rows: opened },
    ];
    const changes = statements.filter(({ rows }) => rows?.length !== 0);
    return this.#writtenSeries === undefined ? [{ sql: 'DELETE FROM window_series' }, ...changes] : changes;
  }

  /** Those that are written anew, that no window needs, or that a wrong clock put in a time to come. */
  #deleteSlices(bounds: readonly number[], indexes: readonly number[]): SqlStatement[] {
    if (this.#writtenSeries === undefined) return [{ sql: 'DELETE FROM window_slice' }];
    return [
      { sql: 'DELETE FROM window_slice WHERE slice < ? OR slice > ?', rows: [bounds] },
      { sql: 'DELETE FROM window_slice WHERE slice = ?', rows: indexes.map((index) => [index]) },
    ];
  }

  /** The copies give their memory back as they are written. */
  async #encodeSlices(copies: readonly Slice[]): Promise<SqlStatement[]> {
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    const writer = new SparseWriter();
    const rows: [number, number, Uint8Array][] = [];
    for (const slice of copies) {
      for (const { id } of this.#state.series.all()) {
        encodeSeries(slice, id, this.#state, writer);
        if (writer.length > MAX_PART_BYTES) rows.push([slice.index, rows.length, writer.take()]);
        if (pacer.isDue) await pacer.pause();
      }
      rows.push([slice.index, rows.length, writer.take()]);
      this.#state.ring.giveBack(slice.release());
    }
    if (rows.length === 0) return [];
    return [{ sql: 'INSERT INTO window_slice (slice, part, body) VALUES (?, ?, ?)', rows }];
  }

  #newestAt(wallMs: number): number {
    return this.#state.sliceOf(wallMs + MAX_AHEAD_MS);
  }
}
