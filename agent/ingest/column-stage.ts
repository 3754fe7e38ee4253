import { MalformedBatch } from './malformed-batch.ts';
import { NumberColumn } from './number-column.ts';
import { GPU_KEY_ID, type SeedIds } from './seed-ids.ts';
import { FIRST_LABEL, GPU, NAMES, type SpanStaging } from './span-staging.ts';

const NO_OFFSETS = -1;
/** As many as a span may have, so that none of them is too many. */
const MAX_PLAIN_PHASES = 32;
/** ttft and tpot. */
const TOKEN_PHASES = 2;

/** A `PhaseColumn`: its durations begin at `start` among those of all phases, its offsets, if any, at `offsetStart`. */
interface StagedPhase {
  readonly name: number;
  readonly start: number;
  readonly offsetStart: number;
}

/** Of each phase: the id of its name, and where its durations and offsets begin. */
interface PhaseLayout {
  readonly ids: Int32Array;
  readonly starts: Int32Array;
  readonly offsetStarts: Int32Array;
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
    const { length, values: seriesStatuses } = this.seriesStatus;
    const durations = this.durationNs.values;
    const ends = this.endMs.values;
    const seriesCount = this.labelEnds.length;
    const first = staging.openSpans(length);
    const { series, status, durationNs, endMs } = staging;
    copyInto(staging.batchSize, first, this.batchSize);
    copyInto(staging.inputTokens, first, this.inputTokens);
    copyInto(staging.outputTokens, first, this.outputTokens);
    for (let i = 0; i < length; i++) {
      const seriesStatus = seriesStatuses[i];
      const index = seriesStatus >>> 2;
      if (index >= seriesCount) throw new MalformedBatch(`columns: there is no series ${index}`);
      series[first + i] = firstTuple + index;
      status[first + i] = seriesStatus & 3;
      durationNs[first + i] = Math.floor(durations[i]);
      endMs[first + i] = Number.isNaN(durations[i]) ? Number.NaN : ends[i];
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

  /** Span by span, as the sink has them. */
  #addPhases(staging: SpanStaging, first: number): void {
    const layout = {
      ids: Int32Array.from(this.phases, ({ name }) => this.#stringId(name)),
      starts: Int32Array.from(this.phases, ({ start }) => start),
      offsetStarts: Int32Array.from(this.phases, ({ offsetStart }, k) =>
        this.#offsetsOf(k) === 0 ? NO_OFFSETS : offsetStart,
      ),
    };
    const isPlain = layout.ids.length <= MAX_PLAIN_PHASES && new Set(layout.ids).size === layout.ids.length;
    if (isPlain) this.#addPlainPhases(staging, first, layout);
    else this.#addAnyPhases(staging, first, layout);
  }

  /** Fast path: no two have the same name, and no span gets too many. */
  #addPlainPhases(staging: SpanStaging, first: number, { ids, starts, offsetStarts }: PhaseLayout): void {
    const { length } = this.seriesStatus;
    const tokens = this.timeToFirstTokenNs;
    const durations = this.phaseNs.values;
    const offsets = this.phaseOffsetNs.values;
    staging.reservePhases(length * (ids.length + TOKEN_PHASES));
    const { phase, phaseNs, phaseOffsetNs, phaseStart } = staging;
    if (this.phaseOffsetNs.length > 0) staging.hasOffsets = true;
    let at = staging.phaseCount;
    for (let i = 0; i < length; i++) {
      for (let k = 0; k < ids.length; k++) {
        const durationNs = durations[starts[k] + i];
        if (Number.isNaN(durationNs)) continue;
        phase[at] = ids[k];
        phaseNs[at] = durationNs;
        phaseOffsetNs[at++] = offsetStarts[k] === NO_OFFSETS ? Number.NaN : offsets[offsetStarts[k] + i];
      }
      if (i < tokens.length && !Number.isNaN(tokens.values[i])) {
        staging.phaseCount = at;
        staging.addTokenPhases(first + i, tokens.values[i]);
        at = staging.phaseCount;
      }
      phaseStart[first + i + 1] = at;
    }
    staging.phaseCount = at;
  }

  /** Slow path. */
  #addAnyPhases(staging: SpanStaging, first: number, { ids, starts, offsetStarts }: PhaseLayout): void {
    const tokens = this.timeToFirstTokenNs;
    const durations = this.phaseNs.values;
    const offsets = this.phaseOffsetNs.values;
    for (let i = 0; i < this.seriesStatus.length; i++) {
      for (let k = 0; k < ids.length; k++) {
        const durationNs = durations[starts[k] + i];
        if (Number.isNaN(durationNs)) continue;
        const offsetNs = offsetStarts[k] === NO_OFFSETS ? Number.NaN : offsets[offsetStarts[k] + i];
        staging.addPhase(first + i, ids[k], durationNs, offsetNs);
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
