import { EMPTY_ID } from '../byte-intern.ts';
import type { HeldNames } from './held-names.ts';
import type { MappedRequest } from './mapped-request.ts';

const NO_LABELS: readonly string[] = [];

/** A request while it waits: all that a mapping said of it but its phases, names as strings. */
export class HeldRequest {
  readonly endMs: number;
  readonly source: number;
  readonly #serverId: number;
  readonly #model: string;
  readonly #variant: string;
  readonly #version: string;
  readonly #operation: string;
  readonly #service: string;
  readonly #route: string;
  readonly #gpu: string;
  readonly #labels: readonly string[];
  readonly #latencyNs: number;
  readonly #status: number;
  readonly #weight: number;
  readonly #batchSize: number;
  readonly #inputTokens: number;
  readonly #outputTokens: number;
  readonly #ttftNs: number;

  constructor(request: MappedRequest, names: HeldNames) {
    this.endMs = request.endMs;
    this.source = request.source;
    this.#serverId = request.serverId;
    this.#model = names.textOf(request.modelId);
    this.#variant = names.textOf(request.variantId);
    this.#version = names.textOf(request.versionId);
    this.#operation = names.textOf(request.operationId);
    this.#service = names.textOf(request.serviceId);
    this.#route = names.textOf(request.routeId);
    this.#gpu = names.textOf(request.gpuId);
    this.#labels = hasLabels(request.labelIds)
      ? Array.from(request.labelIds, (id) => names.textOf(id))
      : NO_LABELS;
    this.#latencyNs = request.latencyNs;
    this.#status = request.status;
    this.#weight = request.weight;
    this.#batchSize = request.batchSize;
    this.#inputTokens = request.inputTokens;
    this.#outputTokens = request.outputTokens;
    this.#ttftNs = request.ttftNs;
  }

  /** Makes `out` this request. */
  restore(out: MappedRequest, names: HeldNames): void {
    out.clear();
    out.source = this.source;
    out.serverId = this.#serverId;
    out.modelId = names.idOf(this.#model);
    out.variantId = names.idOf(this.#variant);
    out.versionId = names.idOf(this.#version);
    out.operationId = names.idOf(this.#operation);
    out.serviceId = names.idOf(this.#service);
    out.routeId = names.idOf(this.#route);
    out.gpuId = names.idOf(this.#gpu);
    for (let k = 0; k < this.#labels.length; k++) out.labelIds[k] = names.idOf(this.#labels[k]);
    out.endMs = this.endMs;
    out.latencyNs = this.#latencyNs;
    out.status = this.#status;
    out.weight = this.#weight;
    out.batchSize = this.#batchSize;
    out.inputTokens = this.#inputTokens;
    out.outputTokens = this.#outputTokens;
    out.ttftNs = this.#ttftNs;
  }
}

function hasLabels(ids: Int32Array): boolean {
  for (let k = 0; k < ids.length; k++) if (ids[k] !== EMPTY_ID) return true;
  return false;
}
