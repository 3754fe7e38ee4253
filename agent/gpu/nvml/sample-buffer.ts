import { Answer } from './answer.ts';
import type { Convert } from './conversion.ts';
import type { NvmlCall, NvmlLibrary } from './nvml-library.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';

/** `nvmlSamplingType_t`. */
export const SAMPLES = { POWER: 0, GPU_UTILIZATION: 1 } as const;

/** `nvmlSample_t`: a time in µs and a value. */
const SAMPLE_BYTES = 16;
const VALUE_AT = 8;
/** Room for samples that come between asking for the number and for them. */
const SPARE_SAMPLES = 16;
const MOST_SAMPLES = 4096;
/** A sample from later than this is not from this clock. */
const AHEAD_US = 1_000_000;

const TYPE_AT = 0;
const COUNT_AT = 8;

/** Samples that one GPU's driver took since the last reading, oldest first; arrays of one length. */
export interface Samples {
  /** Unix time. */
  readonly timesUs: Float64Array;
  readonly values: Float64Array;
}

/** One of the driver's sample buffers of one GPU. Reading the whole costs the driver the same as reading what is new. */
export class SampleBuffer {
  readonly #handle: number;
  readonly #kind: number;
  readonly #convert: Convert<number>;
  readonly #header = new Answer(16);
  readonly #count = this.#header.slice(COUNT_AT);
  #call: NvmlCall | undefined;
  #samples: Answer | undefined;
  #capacity = 0;
  #sinceUs = 0;

  constructor(library: NvmlLibrary, handle: number, kind: number, convert: Convert<number>) {
    this.#call = library.find('nvmlDeviceGetSamples');
    this.#handle = handle;
    this.#kind = kind;
    this.#convert = convert;
  }

  /** From now on only samples after `nowUs` count. */
  skipTo(nowUs: number): void {
    this.#sinceUs = nowUs;
  }

  /** Undefined where the GPU has no such buffer, or nothing new and usable in it. */
  read(nowUs: number): Samples | undefined {
    if (this.#sinceUs > nowUs + AHEAD_US) this.#sinceUs = nowUs;
    const room = this.#room();
    if (room === undefined) return undefined;
    this.#header.words[COUNT_AT >> 2] = this.#capacity;
    const code = this.#ask(room.bytes);
    if (code === NVML.INSUFFICIENT_SIZE) this.#samples = undefined;
    return code === NVML.SUCCESS ? this.#take(room, nowUs) : undefined;
  }

  #ask(room: Uint8Array | null): number {
    if (this.#call === undefined) return NVML.FUNCTION_NOT_FOUND;
    const code = this.#call(this.#handle, this.#kind, this.#sinceUs, this.#header.bytes, this.#count, room);
    throwIfGone(code, 'nvmlDeviceGetSamples');
    if (isUnsupported(code)) this.#call = undefined;
    return code;
  }

  /** Without room NVML says how many samples its buffer holds. */
  #room(): Answer | undefined {
    if (this.#samples !== undefined) return this.#samples;
    this.#header.words[COUNT_AT >> 2] = 0;
    if (this.#ask(null) !== NVML.SUCCESS) return undefined;
    this.#capacity = Math.min(this.#header.words[COUNT_AT >> 2] + SPARE_SAMPLES, MOST_SAMPLES);
    this.#samples = new Answer(this.#capacity * SAMPLE_BYTES);
    return this.#samples;
  }

  #take(room: Answer, nowUs: number): Samples | undefined {
    const valueType = this.#header.words[TYPE_AT >> 2];
    const given = Math.min(this.#header.words[COUNT_AT >> 2], this.#capacity);
    const timesUs = new Float64Array(given);
    const values = new Float64Array(given);
    let kept = 0;
    for (let i = 0; i < given; i++) {
      const timeUs = room.u64(i * SAMPLE_BYTES) ?? 0;
      const raw = room.value(valueType, i * SAMPLE_BYTES + VALUE_AT);
      const value = raw === undefined ? undefined : this.#convert(raw);
      if (value === undefined || timeUs <= this.#sinceUs || timeUs > nowUs + AHEAD_US) continue;
      this.#sinceUs = timeUs;
      timesUs[kept] = timeUs;
      values[kept++] = value;
    }
    if (kept === 0) return undefined;
    return { timesUs: timesUs.slice(0, kept), values: values.slice(0, kept) };
  }
}
