import { EMPTY_ID } from '../../byte-intern.ts';
import type { HeldNames } from '../held-names.ts';
import type { HeldRequest } from '../held-request.ts';
import type { MappedRequest } from '../mapped-request.ts';
import { PhaseId } from '../phase-ids.ts';
import type { ReadSpan } from '../read-span.ts';

const TWO_POW_32 = 4_294_967_296;
const LOW_BITS_OF_HIGH = 0x1f_ffff;

/** Where a span belongs, and when it began: Unix nanoseconds as two halves. Other times count from there. */
interface SpanPlace {
  readonly key: number;
  readonly parentKey: number;
  readonly startHigh: number;
  readonly startLow: number;
}

/** `InferRequest`: the request as its client sees it. */
export interface RootSpan extends SpanPlace {
  readonly kind: 'root';
  readonly request: HeldRequest;
  /** NaN: not known. So with the times below. */
  readonly ttftNs: number;
  /** The one right below it, once known. */
  model: ModelSpan | undefined;
  isSettled: boolean;
}

/** One execution of a model or of an ensemble. */
export interface ModelSpan extends SpanPlace {
  readonly kind: 'model';
  readonly name: string;
  readonly version: string;
  readonly queueStartNs: number;
  /** Its own, once known; an ensemble has none. */
  compute: ComputeSpan | undefined;
}

export interface ComputeSpan extends SpanPlace {
  readonly kind: 'compute';
  readonly startNs: number;
  readonly inputEndNs: number;
  readonly outputStartNs: number;
  readonly endNs: number;
}

export type TritonSpan = RootSpan | ModelSpan | ComputeSpan;

export function placeOf({ traceId, spanId, parentId, startHigh, startLow }: ReadSpan): SpanPlace {
  return { key: keyOf(traceId, spanId), parentKey: keyOf(traceId, parentId), startHigh, startLow };
}

/** 53 bits of a span's id, mixed with its trace's. */
function keyOf(traceId: Uint32Array, spanId: Uint32Array): number {
  const high = (spanId[0] ^ Math.imul(traceId[2], 0x85ebca6b)) & LOW_BITS_OF_HIGH;
  const low = (spanId[1] ^ Math.imul(traceId[3], 0x9e3779b1)) >>> 0;
  return high * TWO_POW_32 + low;
}

/** Makes `out` the request of `root`, with what its model's spans say of it. */
export function describeRequest(root: RootSpan, out: MappedRequest, names: HeldNames): void {
  root.request.restore(out, names);
  out.ttftNs = root.ttftNs;
  const { model } = root;
  if (model === undefined) return;
  const modelId = names.idOf(model.name);
  if (modelId !== EMPTY_ID) out.modelId = modelId;
  out.versionId = names.idOf(model.version);
  const { compute } = model;
  if (compute === undefined) return;
  const at = offsetNs(root, compute);
  const begin = at + compute.startNs;
  addPhase(out, PhaseId.queue, offsetNs(root, model) + model.queueStartNs, begin);
  addPhase(out, PhaseId.preprocess, begin, at + compute.inputEndNs);
  addPhase(out, PhaseId.inference, at + compute.inputEndNs, at + compute.outputStartNs);
  addPhase(out, PhaseId.postprocess, at + compute.outputStartNs, at + compute.endNs);
}

/** Unless an end is not known, or the clock went back. */
function addPhase(out: MappedRequest, phaseId: number, fromNs: number, toNs: number): void {
  if (toNs >= fromNs) out.addPhase(phaseId, toNs - fromNs, fromNs);
}

/** Exact to 2^53. */
function offsetNs(root: SpanPlace, span: SpanPlace): number {
  return (span.startHigh - root.startHigh) * TWO_POW_32 + (span.startLow - root.startLow);
}
