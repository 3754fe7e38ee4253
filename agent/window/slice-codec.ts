import type { PhaseNames } from './phase-names.ts';
import { COUNTER_COUNT } from './series-counters.ts';
import { createTrackSummary, type Slice } from './slice.ts';
import { SparseReader, type SparseWriter } from './sparse-bins.ts';
import { FIRST_PHASE } from './track-table.ts';
import type { WindowState } from './window-state.ts';

/** Of the series that is written. */
const counters = new Float64Array(COUNTER_COUNT);

/**
 * A slice as a checkpoint keeps it: one record a series, one after another. A record is the series' id, how many slices
 * later its latest late span came (0: none did), a mask of its counters that are not 0 and these as float64, the number
 * of its tracks, and for each track its kind, count, sum, least and greatest value and its bins.
 */
export function encodeSeries(slice: Slice, series: number, state: WindowState, writer: SparseWriter): void {
  if (series >= slice.seriesCapacity) return;
  counters.fill(0);
  slice.addCounters(series, counters, 1);
  const mask = counters.reduce((bits, value, counter) => (value === 0 ? bits : bits + 2 ** counter), 0);
  if (mask === 0) return;
  const tracks = state.tracks.of(series).flatMap((track) => {
    const summary = createTrackSummary();
    slice.summarize(track.id, summary);
    return summary.count === 0 ? [] : [{ track, summary }];
  });
  writer.varint(series);
  writer.varint(Math.max(0, slice.touchedEnd[series] - slice.index));
  writer.varint(mask);
  for (const value of counters) if (value !== 0) writer.float64(value);
  writer.varint(tracks.length);
  for (const { track, summary } of tracks) {
    writer.varint(track.kind);
    writer.varint(summary.count);
    for (const value of [summary.sumNs, summary.minNs, summary.maxNs]) writer.float64(value);
    slice.encodeTrack(track.id, writer);
  }
}

/** Reads records into an open slice. `phases` are the names behind the ids at the time of writing. */
export class SliceDecoder {
  readonly #state: WindowState;
  readonly #kinds: readonly number[];

  constructor(state: WindowState, phases: readonly string[]) {
    this.#state = state;
    this.#kinds = translateKinds(state.phases, phases);
  }

  /** Throws a RangeError when the records are damaged. Records of series that are not open are left out. */
  decode(body: Uint8Array, slice: Slice): void {
    const reader = new SparseReader(body);
    while (!reader.atEnd) this.#decodeSeries(reader, slice);
  }

  #decodeSeries(reader: SparseReader, slice: Slice): void {
    const series = reader.varint();
    const touched = reader.varint();
    const mask = reader.varint();
    const open = this.#state.series.get(series) !== undefined;
    if (open) slice.ensureSeries(series + 1);
    if (open && touched > 0) slice.touch(series, slice.index + touched);
    for (let counter = 0; counter < COUNTER_COUNT; counter++) {
      if (Math.floor(mask / 2 ** counter) % 2 === 0) continue;
      const value = reader.float64();
      if (open) slice.restoreCounter(series, counter, value);
    }
    const tracks = reader.varint();
    for (let track = 0; track < tracks; track++) this.#decodeTrack(reader, slice, open ? series : undefined);
  }

  #decodeTrack(reader: SparseReader, slice: Slice, series: number | undefined): void {
    const kind = this.#kinds[reader.varint()];
    if (kind === undefined) throw new RangeError('there is no such phase');
    const count = reader.varint();
    const summary = { count, sumNs: reader.float64(), minNs: reader.float64(), maxNs: reader.float64() };
    if (series === undefined) reader.rawBins();
    else slice.restoreTrack(this.#state.tracks.open(series, kind), summary, reader);
  }
}

/** The present kind of each kind at the time of writing. */
function translateKinds(names: PhaseNames, written: readonly string[]): number[] {
  const own = Array.from({ length: FIRST_PHASE }, (_, kind) => kind);
  return [...own, ...written.map((name) => FIRST_PHASE + names.open(name))];
}
