import type { CapturedState } from '../core/checkpoint.ts';
import type { Clock } from '../core/clock.ts';
import type { Database, SqlStatement } from '../core/database.ts';
import type { Logger } from '../core/logger.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { SketchStore } from './sketch-store.ts';
import { Slice } from './slice.ts';
import { encodeSeries, SliceDecoder } from './slice-codec.ts';
import { SparseWriter } from './sparse-bins.ts';
import type { WindowState } from './window-state.ts';
import { WorkPacer } from './work-pacer.ts';

const VERSION = 1;
const MAX_PART_BYTES = 256 * 1024;
/** A checkpoint that is further ahead of the clock was written under a wrong clock. */
const MAX_AHEAD_MS = 10 * 60_000;

export const windowSchema = `
  CREATE TABLE IF NOT EXISTS window_state (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS window_series (id INTEGER PRIMARY KEY, tags TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS window_slice (
    slice INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (slice, part)
  ) STRICT;`;

interface StateRow {
  readonly version: number;
  readonly intervalMs: number;
  /** Provisional points up to this end were emitted. */
  readonly flushedEnd: number;
  readonly committedMs: number;
  readonly watched: readonly (readonly [number, number])[];
  readonly phases: readonly string[];
}

export interface RestoredWindows {
  /** Absent: the slices could not be taken up. */
  readonly flushedEnd: number | undefined;
  /** No window up to this end may be emitted if the slices could not be taken up. */
  readonly greatestEnd: number;
  /** Absent: there was no earlier run. */
  readonly committedMs: number | undefined;
  readonly watched: readonly (readonly [number, number])[];
}

const NOTHING: RestoredWindows = {
  flushedEnd: undefined,
  greatestEnd: 0,
  committedMs: undefined,
  watched: [],
};

export interface CheckpointEdge {
  readonly clock: Clock;
  readonly log: Logger;
  readonly yieldToLoop: () => Promise<void>;
}

/** Keeps the slices on disk: only those that changed are written. */
export class WindowCheckpoint {
  readonly #state: WindowState;
  readonly #edge: CheckpointEdge;
  /** Copies of changed slices; kept from capture to capture for their memory. */
  readonly #copies: { slice: Slice; store: SketchStore }[] = [];
  #writtenSeries = new Map<number, string>();

  constructor(state: WindowState, edge: CheckpointEdge) {
    this.#state = state;
    this.#edge = edge;
  }

  capture(flushedEnd: number): CapturedState {
    const changed = this.#state.ring.inUse().filter((slice) => slice.changed);
    const copies = changed.map((slice, position) => this.#copy(slice, position));
    for (const slice of changed) slice.changed = false;
    const series = new Map(this.#state.series.all().map(({ id, tags }) => [id, JSON.stringify(tags)]));
    const state: StateRow = {
      version: VERSION,
      intervalMs: this.#state.options.intervalMs,
      flushedEnd,
      committedMs: this.#edge.clock.wallMs(),
      watched: this.#state.watch.spans(),
      phases: this.#state.phases.names,
    };
    const oldest = this.#state.sliceOf(state.committedMs) - this.#state.ring.size;
    return {
      statements: async () => [
        ...this.#seriesStatements(series),
        ...(await this.#sliceStatements(copies)),
        { sql: 'DELETE FROM window_slice WHERE slice < ?', rows: [[oldest]] },
        {
          sql: 'INSERT OR REPLACE INTO window_state (id, body) VALUES (1, ?)',
          rows: [[JSON.stringify(state)]],
        },
      ],
      committed: () => {
        this.#writtenSeries = series;
      },
      abandoned: () => {
        for (const { index } of copies) {
          const slice = this.#state.ring.find(index);
          if (slice !== undefined) slice.changed = true;
        }
      },
    };
  }

  /** What cannot be read is said in the log and left out. */
  async restore(database: Database): Promise<RestoredWindows> {
    try {
      const [row] = await database.query('SELECT body FROM window_state');
      if (row === undefined) return NOTHING;
      return await this.#restoreState(JSON.parse(String(row['body'])) as StateRow, database);
    } catch (error) {
      this.#edge.log.warn({ err: error }, 'the windows of the earlier run cannot be read: they start empty');
      this.#discard();
      return NOTHING;
    }
  }

  async #restoreState(state: StateRow, database: Database): Promise<RestoredWindows> {
    const { intervalMs } = this.#state.options;
    const endMs = state.flushedEnd * state.intervalMs;
    const refusal = this.#refusal(state, endMs);
    if (refusal !== undefined) {
      this.#edge.log.warn({}, `the windows of the earlier run are left out: ${refusal}`);
      const trusted = endMs - this.#edge.clock.wallMs() <= MAX_AHEAD_MS;
      return {
        ...NOTHING,
        greatestEnd: trusted ? Math.ceil(endMs / intervalMs) : 0,
        committedMs: state.committedMs,
      };
    }
    await this.#restoreSeries(database);
    await this.#restoreSlices(new SliceDecoder(this.#state, state.phases), database);
    return {
      flushedEnd: state.flushedEnd,
      greatestEnd: state.flushedEnd,
      committedMs: state.committedMs,
      watched: state.watched,
    };
  }

  #refusal(state: StateRow, endMs: number): string | undefined {
    if (state.version !== VERSION) return `they are of version ${state.version}`;
    if (state.intervalMs !== this.#state.options.intervalMs) return 'the interval changed';
    if (endMs - this.#edge.clock.wallMs() > MAX_AHEAD_MS) return 'the clock was set back since';
    return undefined;
  }

  async #restoreSeries(database: Database): Promise<void> {
    for (const { id, tags } of await database.query('SELECT id, tags FROM window_series')) {
      this.#state.series.restore(
        Number(id),
        JSON.parse(String(tags)) as SeriesTags,
        this.#edge.clock.wallMs(),
      );
    }
  }

  async #restoreSlices(decoder: SliceDecoder, database: Database): Promise<void> {
    const now = this.#state.sliceOf(this.#edge.clock.wallMs());
    const rows = await database.query(
      'SELECT slice, body FROM window_slice WHERE slice > ? ORDER BY slice, part',
      [now - this.#state.ring.size],
    );
    for (const { slice, body } of rows) {
      if (body instanceof Uint8Array) decoder.decode(body, this.#state.ring.ensure(Number(slice)));
    }
  }

  #discard(): void {
    for (const slice of this.#state.ring.inUse()) this.#state.ring.giveBack(slice.release());
  }

  #copy(slice: Slice, position: number): Slice {
    this.#copies[position] ??= { slice: new Slice(), store: new SketchStore() };
    const { slice: copy, store } = this.#copies[position];
    copy.copyFrom(slice, store);
    return copy;
  }

  #seriesStatements(series: ReadonlyMap<number, string>): SqlStatement[] {
    const opened = [...series].filter(([id, tags]) => this.#writtenSeries.get(id) !== tags);
    const freed = [...this.#writtenSeries.keys()].filter((id) => !series.has(id));
    return [
      { sql: 'DELETE FROM window_series WHERE id = ?', rows: freed.map((id) => [id]) },
      { sql: 'INSERT OR REPLACE INTO window_series (id, tags) VALUES (?, ?)', rows: opened },
    ].filter(({ rows }) => rows.length > 0);
  }

  async #sliceStatements(copies: readonly Slice[]): Promise<SqlStatement[]> {
    const pacer = new WorkPacer(this.#edge.clock, this.#edge.yieldToLoop);
    const rows: [number, number, Uint8Array][] = [];
    for (const slice of copies) {
      const writer = new SparseWriter();
      for (const { id } of this.#state.series.all()) {
        encodeSeries(slice, id, this.#state, writer);
        if (writer.length > MAX_PART_BYTES) rows.push([slice.index, rows.length, writer.take()]);
        if (pacer.isDue) await pacer.pause();
      }
      rows.push([slice.index, rows.length, writer.take()]);
    }
    if (rows.length === 0) return [];
    return [
      { sql: 'DELETE FROM window_slice WHERE slice = ?', rows: copies.map(({ index }) => [index]) },
      { sql: 'INSERT INTO window_slice (slice, part, body) VALUES (?, ?, ?)', rows },
    ];
  }
}
