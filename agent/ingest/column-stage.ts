import { MalformedBatch } from './malformed-batch.ts';
import { NumberColumn } from './number-column.ts';
import type { SeedIds } from './seed-ids.ts';
import { FIRST_LABEL, MAX_SPANS, type SpanStaging } from './span-staging.ts';

/** A `PhaseColumn`: its values begin at `start` among those of all phases. */
interface StagedPhase {
  readonly name: number;
  readonly start: number;
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
    this.stringIds = [];
    this.series = [];
    this.labels = [];
    this.labelEnds = [];
    this.phases = [];
  }

  /** Appends the spans; throws if the columns do not fit together. */
  appendTo(staging: SpanStaging, seeds: SeedIds): void {
    this.#checkLengths();
    const firstTuple = staging.tupleCount;
    for (let k = 0; k < this.labelEnds.length; k++) this.#openSeries(k, staging, seeds);
    const phaseIds = this.phases.map((phase) => this.#stringId(phase.name));
    for (let i = 0; i < this.seriesStatus.length; i++) {
      this.#openSpan(i, staging, firstTuple);
      this.#addPhases(i, staging, phaseIds);
    }
  }

  /** Hot. */
  #openSpan(i: number, staging: SpanStaging, firstTuple: number): void {
    const seriesStatus = this.seriesStatus.values[i];
    const series = seriesStatus >>> 2;
    if (series >= this.labelEnds.length) throw new MalformedBatch(`columns: there is no series ${series}`);
    const at = staging.openSpan(firstTuple + series);
    const durationNs = Math.floor(this.durationNs.values[i]);
    staging.status[at] = seriesStatus & 3;
    staging.durationNs[at] = durationNs;
    staging.endMs[at] = Number.isNaN(durationNs) ? Number.NaN : this.endMs.values[i];
    // Unset and unknown both stand for one request.
    if (this.weight.length > 0) staging.weight[at] = this.weight.values[i] || 1;
    if (this.batchSize.length > 0) staging.batchSize[at] = this.batchSize.values[i];
    if (this.inputTokens.length > 0) staging.inputTokens[at] = this.inputTokens.values[i];
    if (this.outputTokens.length > 0) staging.outputTokens[at] = this.outputTokens.values[i];
  }

  /** Hot. */
  #addPhases(i: number, staging: SpanStaging, phaseIds: readonly number[]): void {
    const phaseNs = this.phaseNs.values;
    for (let k = 0; k < phaseIds.length; k++) {
      const durationNs = phaseNs[this.phases[k].start + i];
      if (!Number.isNaN(durationNs)) staging.addPhase(phaseIds[k], durationNs);
    }
    if (this.timeToFirstTokenNs.length === 0) return;
    const timeToFirstTokenNs = this.timeToFirstTokenNs.values[i];
    if (!Number.isNaN(timeToFirstTokenNs)) staging.addTokenPhases(timeToFirstTokenNs);
  }

  #checkLengths(): void {
    const { length } = this.seriesStatus;
    const ends = [...this.phases.slice(1).map((phase) => phase.start), this.phaseNs.length];
    const fits =
      this.#required.every((column) => column.length === length) &&
      this.#optional.every((column) => column.length === length || column.length === 0) &&
      this.phases.every((phase, k) => ends[k] - phase.start === length);
    if (!fits) throw new MalformedBatch(`columns: not all have the ${length} elements of series_status`);
    if (this.labelEnds.length > MAX_SPANS) {
      throw new MalformedBatch(`columns: more than ${MAX_SPANS} series`);
    }
  }

  #openSeries(k: number, staging: SpanStaging, seeds: SeedIds): void {
    const at = staging.openTuple() * staging.tupleSize;
    for (let j = 0; j < FIRST_LABEL; j++) {
      staging.tuples[at + j] = this.#stringId(this.series[k * FIRST_LABEL + j]);
    }
    const start = k === 0 ? 0 : this.labelEnds[k - 1];
    const end = this.labelEnds[k];
    if ((end - start) % 2 !== 0) throw new MalformedBatch('columns: a label without a value');
    for (let j = start; j < end; j += 2) {
      const slot = seeds.labelSlot(this.#stringId(this.labels[j]));
      const valueId = this.#stringId(this.labels[j + 1]);
      if (slot >= 0) staging.tuples[at + FIRST_LABEL + slot] = valueId;
    }
  }

  /** From an index into the strings plus one. */
  #stringId(index: number): number {
    if (index > this.stringIds.length) throw new MalformedBatch(`columns: there is no string ${index}`);
    return index === 0 ? 0 : this.stringIds[index - 1];
  }
}
