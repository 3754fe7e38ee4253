import { EMPTY_ID } from '../byte-intern.ts';
import { unixMs } from '../wire-time.ts';
import type { ReadSpan } from './read-span.ts';

/** More than any server states. */
const MAX_PHASES = 16;
/** As many as a config may list. */
const MAX_LABELS = 16;

/**
 * One request as a mapping understood it. Before a mapping gets it, it says what every span says: when it began and
 * ended, and its status. All else is unknown, which is NaN or `EMPTY_ID`, and stays so where the server does not say it.
 * One object serves all requests.
 */
export class MappedRequest {
  /** Interned ids of the names that make its series. */
  modelId = EMPTY_ID;
  variantId = EMPTY_ID;
  versionId = EMPTY_ID;
  operationId = EMPTY_ID;
  /** Set to the mapping's `server`. */
  serverId = EMPTY_ID;
  /** The resource's `service.name`: the model's name if nothing better is known. */
  serviceId = EMPTY_ID;
  /** The route's template at an HTTP server: the model's name before the service's, else the operation. */
  routeId = EMPTY_ID;
  /** The attribute `gpu`: uuids of the GPUs that it ran on. */
  gpuId = EMPTY_ID;
  /** Of the labels that become tags, in their order. */
  readonly labelIds = new Int32Array(MAX_LABELS);
  /** Completion, Unix ms; NaN: the span does not say. */
  endMs = Number.NaN;
  latencyNs = Number.NaN;
  /** A `SpanStatus`. */
  status = 0;
  weight = 1;
  batchSize = Number.NaN;
  inputTokens = Number.NaN;
  outputTokens = Number.NaN;
  /** Time to first token; with `outputTokens` time per output token follows from it. */
  ttftNs = Number.NaN;
  /** Which way the span came; a mapping that holds a request keeps it. */
  source = 0;
  phaseCount = 0;
  readonly phaseIds = new Int32Array(MAX_PHASES);
  readonly phaseNs = new Float64Array(MAX_PHASES);
  readonly phaseOffsetNs = new Float64Array(MAX_PHASES);

  /** Hot. Begins a request: what the span itself says. */
  begin(span: ReadSpan, serverId: number, source: number): void {
    this.clear();
    this.serverId = serverId;
    this.source = source;
    this.endMs = unixMs(span.endLow, span.endHigh);
    this.latencyNs = span.durationNs;
    this.status = span.statusCode;
  }

  clear(): void {
    this.modelId = EMPTY_ID;
    this.variantId = EMPTY_ID;
    this.versionId = EMPTY_ID;
    this.operationId = EMPTY_ID;
    this.serverId = EMPTY_ID;
    this.serviceId = EMPTY_ID;
    this.routeId = EMPTY_ID;
    this.gpuId = EMPTY_ID;
    this.labelIds.fill(EMPTY_ID);
    this.endMs = Number.NaN;
    this.latencyNs = Number.NaN;
    this.status = 0;
    this.weight = 1;
    this.batchSize = Number.NaN;
    this.inputTokens = Number.NaN;
    this.outputTokens = Number.NaN;
    this.ttftNs = Number.NaN;
    this.phaseCount = 0;
  }

  /**
   * Hot. Adds a phase of this `PhaseId`; one of NaN is left out. Without an offset from the request's start it follows
   * the one added before it.
   */
  addPhase(phaseId: number, durationNs: number, offsetNs = Number.NaN): void {
    if (Number.isNaN(durationNs) || this.phaseCount === MAX_PHASES) return;
    this.phaseIds[this.phaseCount] = phaseId;
    this.phaseNs[this.phaseCount] = durationNs;
    this.phaseOffsetNs[this.phaseCount++] = offsetNs;
  }
}
