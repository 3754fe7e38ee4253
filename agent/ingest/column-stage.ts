import { MalformedBatch } from './malformed-batch.ts';
import { NumberColumn } from './number-column.ts';
import { GPU_KEY_ID, type SeedIds } from './seed-ids.ts';
import { FIRST_LABEL, GPU, NAMES, type SpanStaging } from './span-staging.ts';

const NO_OFFSETS = -1;

/** A `PhaseColumn`: its durations begin at `start` among those of all phases, its offsets, if any, at `offsetStart`. */
interface StagedPhase {
  readonly name: number;
  readonly start: number;
  readonly offsetStart: number;
}

/** The parts of the `SpanColumns` of a message, until all of it is there and `appendTo` can make spans of them. */
export class ColumnStage {
  stringIds: number[] = [];
  /** Four for each series: model, variant, version, operation, as indexes into the strings plus one. */
  series: number[] = [];
  /** Keys and values of all series' labels; those of series k end at `labelEnds[k]`. */
  labels: number[] = [];
  labelEnds: number[] = [];
  phases: StagedPhase[] = [];
  readonly phaseNs = new NumberColumn();
  readonly phaseOffsetNs = new NumberColumn();
  readonly seriesStatus = new NumberColumn();
  readonly endMs = new NumberColumn();
  readonly durationNs = new NumberColumn();
  readonly weight = new NumberColumn();
  readonly batchSize = new NumberColumn();
  readonly inputTokens = new NumberColumn();
  readonly outputTokens = new NumberColumn();
  readonly timeToFirstTokenNs = new NumberColumn();
  readonly #required = [this.endMs, this.durationNs];
  readonly #optional = [
    this.weight,
    this.batchSize,
    this.inputTokens,
    this.outputTokens,
    this.timeToFirstTokenNs,
  ];

  clear(): void {
    for (const column of [...this.#required, ...this.#optional]) column.clear();
    this.seriesStatus.clear();
    this.phaseNs.clear();
    this.phaseOffsetNs.clear();
    this.stringIds = [];
    this.series = [];
    this.labels = [];
    this.labelEnds = [];
    this.phases = [];
  }

  /** Hot. Appends the spans; throws if the columns do not fit together. */
  appendTo(staging: SpanStaging, seeds: SeedIds): void {
    this.#checkLengths();
    const firstTuple = staging.tupleCount;
    for (let k = 0; k < this.labelEnds.length; k++) this.#openSeries(k, staging, seeds);
    this.#openSpans(staging, firstTuple);
    this.#addPhases(staging, staging.count - this.seriesStatus.length);
  }

  #openSpans(staging: SpanStaging, firstTuple: number): void {
    const { length } = this.seriesStatus;
    const first = staging.openSpans(length);
    copyInto(staging.batchSize, first, this.batchSize);
    copyInto(staging.inputTokens, first, this.inputTokens);
    copyInto(staging.outputTokens, first, this.outputTokens);
    for (let i = 0; i < length; i++) {
      const seriesStatus = this.seriesStatus.values[i];
      const series = seriesStatus >>> 2;
      if (series >= this.labelEnds.length) throw new MalformedBatch(`columns: there is no series ${series}`);
      const durationNs = Math.floor(this.durationNs.values[i]);
      staging.series[first + i] = firstTuple + series;
      staging.status[first + i] = seriesStatus & 3;
      staging.durationNs[first + i] = durationNs;
      staging.endMs[first + i] = Number.isNaN(durationNs) ? Number.NaN : this.endMs.values[i];
    }
    // Unset and unknown both stand for one request.
    for (let i = 0; i < this.weight.length; i++) staging.weight[first + i] = this.weight.values[i] || 1;
  }

  #checkLengths(): void {
    const { length } = this.seriesStatus;
    const fits =
      this.#required.every((column) => column.length === length) &&
      this.#optional.every((column) => column.length === length || column.length === 0) &&
      this.phases.every(
        (_, k) => this.#durationsOf(k) === length && [0, length].includes(this.#offsetsOf(k)),
      );
    if (!fits) throw new MalformedBatch(`columns: not all have the ${length} elements of series_status`);
  }

  #durationsOf(phase: number): number {
    return (this.phases[phase + 1]?.start ?? this.phaseNs.length) - this.phases[phase].start;
  }

  /** 0: the phase has none. */
  #offsetsOf(phase: number): number {
    return (
      (this.phases[phase + 1]?.offsetStart ?? this.phaseOffsetNs.length) - this.phases[phase].offsetStart
    );
  }

  #addPhases(staging: SpanStaging, first: number): void {
    const phaseIds = Int32Array.from(this.phases, (phase) => this.#stringId(phase.name));
    const starts = Int32Array.from(this.phases, (phase) => phase.start);
    const offsetStarts = Int32Array.from(this.phases, ({ offsetStart }, k) =>
      this.#offsetsOf(k) === 0 ? NO_OFFSETS : offsetStart,
    );
    const phaseNs = this.phaseNs.values;
    const offsetNs = this.phaseOffsetNs.values;
    const tokens = this.timeToFirstTokenNs;
    for (let i = 0; i < this.seriesStatus.length; i++) {
      for (let k = 0; k < phaseIds.length; k++) {
        const durationNs = phaseNs[starts[k] + i];
        if (Number.isNaN(durationNs)) continue;
        const offsetStart = offsetStarts[k];
        staging.addPhase(
          first + i,
          phaseIds[k],
          durationNs,
          offsetStart === NO_OFFSETS ? Number.NaN : offsetNs[offsetStart + i],
        );
      }
      if (i < tokens.length && !Number.isNaN(tokens.values[i]))
        staging.addTokenPhases(first + i, tokens.values[i]);
      staging.closePhases(first + i);
    }
  }

  #openSeries(k: number, staging: SpanStaging, seeds: SeedIds): void {
    const at = staging.openTuple() * staging.tupleSize;
    for (let j = 0; j < NAMES; j++) {
      staging.tuples[at + j] = this.#stringId(this.series[k * NAMES + j]);
    }
    const start = k === 0 ? 0 : this.labelEnds[k - 1];
    const end = this.labelEnds[k];
    if ((end - start) % 2 !== 0) throw new MalformedBatch('columns: a label without a value');
    for (let j = start; j < end; j += 2) {
      const keyId = this.#stringId(this.labels[j]);
      const valueId = this.#stringId(this.labels[j + 1]);
      const slot = seeds.labelSlot(keyId);
      if (keyId === GPU_KEY_ID) staging.tuples[at + GPU] = valueId;
      if (slot >= 0) staging.tuples[at + FIRST_LABEL + slot] = valueId;
    }
  }

  /** From an index into the strings plus one. */
  #stringId(index: number): number {
    if (index > this.stringIds.length) throw new MalformedBatch(`columns: there is no string ${index}`);
    return index === 0 ? 0 : this.stringIds[index - 1];
  }
}

function copyInto(target: Float64Array, start: number, column: NumberColumn): void {
  target.set(column.values.subarray(0, column.length), start);
}
