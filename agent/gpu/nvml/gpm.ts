import type { FieldsOf } from '../../core/point.ts';
import { Answer } from './answer.ts';
import type { NvmlLibrary } from './nvml-library.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';

type ActivityField = keyof FieldsOf<'gpu_activity'>;

/** What is asked for, by the numbers of nvml.h, `nvmlGpmMetricId_t`; all are percentages. */
const METRICS: readonly (readonly [id: number, field: ActivityField])[] = [
  [2, 'sm_active_ratio'],
  [3, 'sm_occupancy_ratio'],
  [4, 'integer_active_ratio'],
  [5, 'tensor_any_active_ratio'],
  [6, 'tensor_dfma_active_ratio'],
  [7, 'tensor_hmma_active_ratio'],
  [9, 'tensor_imma_active_ratio'],
  [10, 'dram_active_ratio'],
  [11, 'fp64_active_ratio'],
  [12, 'fp32_active_ratio'],
  [13, 'fp16_active_ratio'],
];

/** `nvmlGpmMetricsGet_t`: version, number, two samples, then the metrics. */
const VERSION = 1;
const FIRST_AT = 8;
const SECOND_AT = 16;
const METRICS_AT = 24;
const METRIC_BYTES = 40;
const CODE_AT = 4;
const VALUE_AT = 8;

/** A share may come out slightly above one, as two counters are not read at one instant. */
const MOST_PERCENT = 105;

/** The GPU's activity counters between two full readings: Hopper and later (NVML's GPM). */
export class Gpm {
  readonly #library: NvmlLibrary;
  readonly #handle: number;
  readonly #answer = new Answer(METRICS_AT + METRICS.length * METRIC_BYTES);
  #supported: boolean;
  #before: number | undefined;
  #spare: number | undefined;

  constructor(library: NvmlLibrary, handle: number) {
    this.#library = library;
    this.#handle = handle;
    this.#supported = this.#querySupport();
    METRICS.forEach(([id], index) => {
      this.#answer.words[(METRICS_AT + index * METRIC_BYTES) >> 2] = id;
    });
  }

  get supported(): boolean {
    return this.#supported;
  }

  /** The activity since the last call; nothing at the first. */
  read(): FieldsOf<'gpu_activity'> {
    if (!this.#supported) return {};
    const sample = this.#spare ?? this.#allocate();
    this.#spare = sample;
    if (sample === undefined || !this.#succeeds('nvmlGpmSampleGet', this.#handle, sample)) return {};
    const before = this.#before;
    this.#before = sample;
    this.#spare = before;
    return before === undefined ? {} : this.#between(before, sample);
  }

  close(): void {
    for (const sample of [this.#before, this.#spare]) {
      if (sample !== undefined) this.#library.find('nvmlGpmSampleFree')?.(sample);
    }
    this.#before = undefined;
    this.#spare = undefined;
    this.#supported = false;
  }

  #querySupport(): boolean {
    this.#answer.words[0] = VERSION;
    const code = this.#library.find('nvmlGpmQueryDeviceSupport')?.(this.#handle, this.#answer.bytes);
    return code === NVML.SUCCESS && this.#answer.words[1] === 1;
  }

  #allocate(): number | undefined {
    return this.#succeeds('nvmlGpmSampleAlloc', this.#answer.bytes) ? this.#answer.u64(0) : undefined;
  }

  #succeeds(
    symbol: 'nvmlGpmSampleGet' | 'nvmlGpmSampleAlloc',
    ...parameters: (number | Uint8Array)[]
  ): boolean {
    const code = this.#library.find(symbol)?.(...parameters) ?? NVML.FUNCTION_NOT_FOUND;
    throwIfGone(code, symbol);
    if (isUnsupported(code)) this.#supported = false;
    return code === NVML.SUCCESS;
  }

  #between(first: number, second: number): FieldsOf<'gpu_activity'> {
    const answer = this.#answer;
    answer.words[0] = VERSION;
    answer.words[1] = METRICS.length;
    answer.setU64(FIRST_AT, first);
    answer.setU64(SECOND_AT, second);
    const code = this.#library.find('nvmlGpmMetricsGet')?.(answer.bytes) ?? NVML.FUNCTION_NOT_FOUND;
    throwIfGone(code, 'nvmlGpmMetricsGet');
    const activity: { -readonly [F in ActivityField]?: number } = {};
    if (code !== NVML.SUCCESS) return activity;
    METRICS.forEach(([, field], index) => {
      const at = METRICS_AT + index * METRIC_BYTES;
      const value = answer.real(at + VALUE_AT);
      const good = answer.words[(at + CODE_AT) >> 2] === NVML.SUCCESS && value >= 0 && value <= MOST_PERCENT;
      if (good) activity[field] = Math.min(1, value / 100);
    });
    return activity;
  }
}
