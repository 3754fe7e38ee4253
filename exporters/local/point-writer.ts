import type { Database, SqlStatement, SqlValue } from '../../agent/core/database.ts';
import { splitLine } from '../../agent/core/line-decoder.ts';
import { BLOCK_POINTS, PointBlock } from './point-block.ts';
import { type SeriesKey, splitKey } from './series-key.ts';
import { SeriesRegister } from './series-register.ts';

/** Lines that are cut before other work gets its turn: about half a millisecond. */
const TURN_LINES = 250;
/** Families and times whose points are collected at once; a flush has a handful. */
const MAX_OPEN_BLOCKS = 16;
const NEWLINE = 0x0a;

const ADD_FAMILY = 'INSERT OR IGNORE INTO family (measurement, window_tag) VALUES (?, ?)';
const PUT_BLOCK = `INSERT INTO block (family_id, time_ms, first_series, last_series, body)
  SELECT id, ?, ?, ?, ? FROM family WHERE measurement = ? AND window_tag = ?`;
/** Where measurement and window stand among the parameters of `PUT_BLOCK`. */
const FAMILY = 4;

interface OpenBlock {
  readonly key: SeriesKey;
  readonly timestampMs: number;
  readonly block: PointBlock;
}

/** Turns lines into blocks of points. One batch at a time: its buffers are used again. */
export class PointWriter {
  readonly #database: Database;
  readonly #series: SeriesRegister;
  /** By family and time, the one that was opened first in front. */
  readonly #open = new Map<string, OpenBlock>();
  readonly #spares: PointBlock[] = [];

  constructor(database: Database) {
    this.#database = database;
    this.#series = new SeriesRegister(database);
  }

  /**
   * Writes the points of these lines in one transaction and returns how many lines were not points. Rejects if
   * nothing was written.
   */
  async write(text: Uint8Array): Promise<number> {
    /** Parameters of `PUT_BLOCK`. */
    const rows: SqlValue[][] = [];
    let rejected = 0;
    try {
      for (const lines of turnsOf(text)) rejected += await this.#collect(lines, rows);
      for (const name of [...this.#open.keys()]) rows.push(await this.#close(name));
      if (rows.length > 0) await this.#database.transaction(this.#statements(rows));
    } catch (error) {
      this.#series.abandoned();
      this.#open.clear();
      throw error;
    }
    this.#series.written();
    return rejected;
  }

  /** Returns how many lines were not points; blocks that are full become `rows`. */
  async #collect(lines: readonly string[], rows: SqlValue[][]): Promise<number> {
    const points = lines
      .map(splitLine)
      .filter((parts) => parts !== undefined)
      .map((parts) => ({ ...parts, key: splitKey(parts.key) }));
    await this.#series.learn(points.map(({ key }) => key.series));
    let rejected = lines.length - points.length;
    for (const { key, fieldText, timestampMs } of points) {
      const id = this.#series.touch(key.series, timestampMs);
      if (id === undefined) {
        rejected += 1;
        continue;
      }
      const name = `${timestampMs} ${key.window} ${key.measurement}`;
      const { block } = this.#open.get(name) ?? this.#begin(name, key, timestampMs);
      block.add(id, fieldText);
      if (block.points >= BLOCK_POINTS) rows.push(await this.#close(name));
      else if (this.#open.size > MAX_OPEN_BLOCKS) rows.push(await this.#close(this.#oldest()));
    }
    return rejected;
  }

  #begin(name: string, key: SeriesKey, timestampMs: number): OpenBlock {
    const open = { key, timestampMs, block: this.#spares.pop() ?? new PointBlock() };
    this.#open.set(name, open);
    return open;
  }

  #oldest(): string {
    const [name] = this.#open.keys();
    return name;
  }

  async #close(name: string): Promise<SqlValue[]> {
    const open = this.#open.get(name);
    if (open === undefined) throw new Error(`bug: there is no open block ${name}`);
    this.#open.delete(name);
    const { key, timestampMs, block } = open;
    const body = await block.encode();
    const row = [timestampMs, block.firstSeries, block.lastSeries, body, key.measurement, key.window];
    block.reset();
    this.#spares.push(block);
    return row;
  }

  #statements(rows: readonly SqlValue[][]): SqlStatement[] {
    const families = new Map(rows.map((row) => [row.slice(FAMILY).join('\n'), row.slice(FAMILY)]));
    return [
      { sql: ADD_FAMILY, rows: [...families.values()] },
      ...this.#series.statements(),
      { sql: PUT_BLOCK, rows, givesBlobs: true },
    ];
  }
}

/** Lines as text, a turn's worth at a time: the text of a whole batch would be megabytes. */
function* turnsOf(text: Uint8Array): Generator<readonly string[]> {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  let lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
    if (lines.length < TURN_LINES) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}
