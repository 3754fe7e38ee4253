import { FIRST_LABEL, GPU, MODEL, OPERATION, SpanStaging, VARIANT, VERSION } from '../span-staging.ts';
import type { MappedRequest } from './mapped-request.ts';

const NO_TUPLE = -1;

/**
 * Requests as rows of a staging. The tag `server` is the last label of their tuples.
 *
 * Hot: one after the other mostly has the same names, and then shares the tuple.
 */
export class RequestStage {
  readonly staging: SpanStaging;
  readonly #labels: number;
  /** String ids of the tuple opened last. */
  readonly #ids: Int32Array;
  #tuple = NO_TUPLE;

  /** `labels`: how many become tags. */
  constructor(labels: number) {
    this.#labels = labels;
    this.staging = new SpanStaging(labels + 1, true);
    this.#ids = new Int32Array(this.staging.tupleSize);
  }

  clear(): void {
    this.staging.clear();
    this.#tuple = NO_TUPLE;
  }

  /** Hot. Throws `MalformedBatch` if there are too many. */
  add(request: MappedRequest): void {
    const { staging } = this;
    const i = staging.openSpan(this.#tupleOf(request));
    const { latencyNs } = request;
    staging.endMs[i] = Number.isNaN(latencyNs) ? Number.NaN : request.endMs;
    staging.durationNs[i] = Number.isNaN(latencyNs) ? 0 : Math.round(latencyNs);
    staging.status[i] = request.status;
    staging.weight[i] = request.weight;
    staging.batchSize[i] = request.batchSize;
    staging.inputTokens[i] = request.inputTokens;
    staging.outputTokens[i] = request.outputTokens;
    for (let k = 0; k < request.phaseCount; k++) {
      staging.addPhase(i, request.phaseIds[k], request.phaseNs[k], request.phaseOffsetNs[k]);
    }
    if (!Number.isNaN(request.ttftNs)) staging.addTokenPhases(i, request.ttftNs);
  }

  #tupleOf(request: MappedRequest): number {
    if (this.#tuple !== NO_TUPLE && this.#isLast(request)) return this.#tuple;
    const { staging } = this;
    const ids = this.#ids;
    ids[MODEL] = request.modelId;
    ids[VARIANT] = request.variantId;
    ids[VERSION] = request.versionId;
    ids[OPERATION] = request.operationId;
    ids[GPU] = request.gpuId;
    for (let k = 0; k < this.#labels; k++) ids[FIRST_LABEL + k] = request.labelIds[k];
    ids[FIRST_LABEL + this.#labels] = request.serverId;
    this.#tuple = staging.openTuple();
    staging.tuples.set(ids, this.#tuple * staging.tupleSize);
    return this.#tuple;
  }

  #isLast(request: MappedRequest): boolean {
    const ids = this.#ids;
    for (let k = 0; k < this.#labels; k++) {
      if (ids[FIRST_LABEL + k] !== request.labelIds[k]) return false;
    }
    return (
      ids[MODEL] === request.modelId &&
      ids[VARIANT] === request.variantId &&
      ids[VERSION] === request.versionId &&
      ids[OPERATION] === request.operationId &&
      ids[GPU] === request.gpuId &&
      ids[FIRST_LABEL + this.#labels] === request.serverId
    );
  }
}
