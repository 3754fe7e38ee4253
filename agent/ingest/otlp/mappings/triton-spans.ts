import { EMPTY_ID } from '../../byte-intern.ts';
import type { HeldNames } from '../held-names.ts';
import type { HeldRequest } from '../held-request.ts';
import type { MappedRequest } from '../mapped-request.ts';
import { PhaseId } from '../phase-ids.ts';
import type { ReadSpan } from '../read-span.ts';

const TWO_POW_32 = 4_294_967_296;
const LOW_BITS_OF_HIGH = 0x1f_ffff;

/** Where a span belongs, and when it began: Unix nanoseconds as two halves. Other times count from there. */
abstract class PlacedSpan {
  readonly key: number;
  readonly parentKey: number;
  readonly startHigh: number;
  readonly startLow: number;
  /** Its request has counted. */
  isDone = false;

  constructor({ traceId, spanId, parentId, startHigh, startLow }: ReadSpan) {
    this.key = keyOf(traceId, spanId);
    this.parentKey = keyOf(traceId, parentId);
    this.startHigh = startHigh;
    this.startLow = startLow;
  }
}

/** `InferRequest`: the request as its client sees it. */
export class RootSpan extends PlacedSpan {
  readonly kind = 'root';
  readonly request: HeldRequest;
  /** The one right below it, once known. */
  model: ModelSpan | undefined = undefined;

  constructor(span: ReadSpan, request: HeldRequest) {
    super(span);
    this.request = request;
  }
}

/** One execution of a model or of an ensemble. */
export class ModelSpan extends PlacedSpan {
  readonly kind = 'model';
  readonly name: string;
  readonly version: string;
  /** NaN: not known. */
  readonly queueStartNs: number;
  /** Its own, once known; an ensemble has none. */
  compute: ComputeSpan | undefined = undefined;

  constructor(span: ReadSpan, names: { name: string; version: string }, queueStartNs: number) {
    super(span);
    this.name = names.name;
    this.version = names.version;
    this.queueStartNs = queueStartNs;
  }
}

/** Slots of the events that a compute span has. */
export interface ComputeEvents {
  readonly computeStart: number;
  readonly inputEnd: number;
  readonly outputStart: number;
  readonly computeEnd: number;
}

/** A model's work on one request; NaN: not known. */
export class ComputeSpan extends PlacedSpan {
  readonly kind = 'compute';
  readonly startNs: number;
  readonly inputEndNs: number;
  readonly outputStartNs: number;
  readonly endNs: number;

  constructor(span: ReadSpan, events: ComputeEvents) {
    super(span);
    this.startNs = span.eventNs(events.computeStart);
    this.inputEndNs = span.eventNs(events.inputEnd);
    this.outputStartNs = span.eventNs(events.outputStart);
    this.endNs = span.eventNs(events.computeEnd);
  }
}

export type TritonSpan = RootSpan | ModelSpan | ComputeSpan;

/** 53 bits of a span's id, mixed with its trace's. */
function keyOf(traceId: Uint32Array, spanId: Uint32Array): number {
  const high = (spanId[0] ^ Math.imul(traceId[2], 0x85ebca6b)) & LOW_BITS_OF_HIGH;
  const low = (spanId[1] ^ Math.imul(traceId[3], 0x9e3779b1)) >>> 0;
  return high * TWO_POW_32 + low;
}

/** Makes `out` the request of `root`, with what its model's spans say of it. */
export function describeRequest(root: RootSpan, out: MappedRequest, names: HeldNames): void {
  root.request.restore(out, names);
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
function offsetNs(root: PlacedSpan, span: PlacedSpan): number {
  return (span.startHigh - root.startHigh) * TWO_POW_32 + (span.startLow - root.startLow);
}
