import { SpanStatus } from '../../../core/span-sink.ts';
import { EMPTY_ID } from '../../byte-intern.ts';
import type { AttributeValues } from '../attribute-values.ts';
import type { MappedRequest } from '../mapped-request.ts';
import { PhaseId } from '../phase-ids.ts';
import type { ReadSpan } from '../read-span.ts';
import { rustDurationNs } from './rust-duration.ts';

/** `rust`: text as Rust's `Debug` writes it, such as `45.6ms`. */
type Unit = 's' | 'ms' | 'us' | 'ns' | 'rust';
/** An attribute's key, and the unit of its value. */
type Timed = readonly [key: string, unit: Unit];
type PhaseName = keyof typeof PhaseId;

/**
 * Which attributes state what of a request, in order of preference: the first that is there, and can be, counts. What
 * none states stays unknown.
 */
export interface RequestFields {
  readonly model?: readonly string[];
  readonly variant?: readonly string[];
  readonly version?: readonly string[];
  readonly operation?: readonly string[];
  /** Absent: from the span's start to its end. */
  readonly latency?: readonly Timed[];
  readonly ttft?: readonly Timed[];
  /** In the order in which they follow each other. */
  readonly phases?: readonly (readonly [PhaseName, readonly Timed[]])[];
  /** All the time from the beginning of prefill, where servers state prefill and decode too. */
  readonly inference?: readonly Timed[];
  readonly inputTokens?: readonly string[];
  readonly outputTokens?: readonly string[];
  readonly batchSize?: readonly string[];
}

const NS_PER_UNIT = { s: 1e9, ms: 1e6, us: 1e3, ns: 1, rust: Number.NaN } as const;
/** Longer ones are mistakes of the server, and would cost the request its place. */
const LONGEST_NS = 24 * 3600 * 1e9;
const MAX_COUNT = 4_294_967_295;

interface TimedSlot {
  readonly slot: number;
  readonly unitNs: number;
}

/** Reads the fields of a request, once their keys have slots. */
export class FieldReader {
  readonly #model: readonly number[];
  readonly #variant: readonly number[];
  readonly #version: readonly number[];
  readonly #operation: readonly number[];
  readonly #latency: readonly TimedSlot[];
  readonly #ttft: readonly TimedSlot[];
  readonly #phases: readonly { readonly phaseId: number; readonly keys: readonly TimedSlot[] }[];
  readonly #inference: readonly TimedSlot[];
  readonly #inputTokens: readonly number[];
  readonly #outputTokens: readonly number[];
  readonly #batchSize: readonly number[];

  constructor(fields: RequestFields, slotOf: (key: string) => number) {
    const slots = (keys: readonly string[] = []) => keys.map(slotOf);
    const timed = (keys: readonly Timed[] = []) =>
      keys.map(([key, unit]) => ({ slot: slotOf(key), unitNs: NS_PER_UNIT[unit] }));
    this.#model = slots(fields.model);
    this.#variant = slots(fields.variant);
    this.#version = slots(fields.version);
    this.#operation = slots(fields.operation);
    this.#latency = timed(fields.latency);
    this.#ttft = timed(fields.ttft);
    this.#phases = (fields.phases ?? []).map(([name, keys]) => ({
      phaseId: PhaseId[name],
      keys: timed(keys),
    }));
    this.#inference = timed(fields.inference);
    this.#inputTokens = slots(fields.inputTokens);
    this.#outputTokens = slots(fields.outputTokens);
    this.#batchSize = slots(fields.batchSize);
  }

  /** Hot. */
  read({ attributes }: ReadSpan, out: MappedRequest): void {
    out.modelId = textId(attributes, this.#model);
    out.variantId = textId(attributes, this.#variant);
    out.versionId = textId(attributes, this.#version);
    out.operationId = textId(attributes, this.#operation);
    const latencyNs = durationNs(attributes, this.#latency);
    if (!Number.isNaN(latencyNs)) out.latencyNs = latencyNs;
    out.ttftNs = durationNs(attributes, this.#ttft);
    out.inputTokens = count(attributes, this.#inputTokens);
    out.outputTokens = count(attributes, this.#outputTokens);
    out.batchSize = count(attributes, this.#batchSize);
    this.#readPhases(attributes, out);
  }

  #readPhases(attributes: AttributeValues, out: MappedRequest): void {
    let queuedNs = 0;
    for (let k = 0; k < this.#phases.length; k++) {
      const { phaseId, keys } = this.#phases[k];
      const ns = durationNs(attributes, keys);
      if (phaseId === PhaseId.queue && ns >= 0) queuedNs = ns;
      out.addPhase(phaseId, ns);
    }
    if (this.#inference.length > 0) {
      out.addPhase(PhaseId.inference, durationNs(attributes, this.#inference), queuedNs);
    }
  }
}

/** Every key that the fields name. */
export function keysOf(fields: RequestFields): readonly string[] {
  const { model = [], variant = [], version = [], operation = [], latency = [], ttft = [] } = fields;
  const { phases = [], inference = [], inputTokens = [], outputTokens = [], batchSize = [] } = fields;
  const timed = [...latency, ...ttft, ...phases.flatMap(([, keys]) => keys), ...inference];
  const plain = [model, variant, version, operation, inputTokens, outputTokens, batchSize].flat();
  return [...new Set([...plain, ...timed.map(([key]) => key)])];
}

/** Hot. What a span says went wrong, where the server says so at all (`statesErrors`): else status stays unspecified. */
export function statusOf(status: number, hasFailed: boolean, statesErrors: boolean): number {
  if (status === SpanStatus.error || hasFailed) return SpanStatus.error;
  return statesErrors ? SpanStatus.ok : SpanStatus.unspecified;
}

function textId(attributes: AttributeValues, slots: readonly number[]): number {
  for (let k = 0; k < slots.length; k++) {
    const id = attributes.textId(slots[k]);
    if (id !== EMPTY_ID) return id;
  }
  return EMPTY_ID;
}

/** Whole nanoseconds from 0 to 24 h; NaN: none is stated. */
function durationNs(attributes: AttributeValues, slots: readonly TimedSlot[]): number {
  for (let k = 0; k < slots.length; k++) {
    const { slot, unitNs } = slots[k];
    if (!attributes.has(slot)) continue;
    const ns = Number.isNaN(unitNs)
      ? rustDurationNs(attributes.text(slot))
      : Math.round(attributes.number(slot) * unitNs);
    if (ns >= 0 && ns <= LONGEST_NS) return ns;
  }
  return Number.NaN;
}

/** A whole number that 32 bits hold; NaN: none is stated. */
function count(attributes: AttributeValues, slots: readonly number[]): number {
  for (let k = 0; k < slots.length; k++) {
    const value = attributes.number(slots[k]);
    if (value >= 0 && value <= MAX_COUNT && Math.floor(value) === value) return value;
  }
  return Number.NaN;
}
