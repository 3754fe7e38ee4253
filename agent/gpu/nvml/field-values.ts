import type { FieldsOf } from '../../core/point.ts';
import { Answer } from './answer.ts';
import { type Convert, celsius, count, microsecondsOfNanoseconds, watts } from './conversion.ts';
import type { Draft } from './field-rule.ts';
import { enforcedLimit, requestedLimit } from './full-questions.ts';
import type { NvmlCall, NvmlLibrary } from './nvml-library.ts';
import type { Question } from './question.ts';
import { powerUsage } from './quick-questions.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';
import { defaultLimit, greatestLimit, leastLimit } from './static-questions.ts';

/** A value that NVML knows by number (nvml.h, `NVML_FI_*`) rather than by a function. */
export interface FieldValue {
  readonly id: number;
  /** Of power: 0 the GPU, 1 the module. */
  readonly scope?: number;
  readonly field: keyof FieldsOf<'nvidia_smi'>;
  readonly convert: Convert<number>;
  /** How drivers before these numbers are asked. */
  readonly otherwise?: Question;
}

export const quickFieldValues: readonly FieldValue[] = [
  { id: 186, field: 'power_draw', convert: watts, otherwise: powerUsage },
  { id: 185, field: 'power_draw_average', convert: watts },
  { id: 82, field: 'temperature_memory', convert: celsius },
  { id: 186, scope: 1, field: 'module_power_draw', convert: watts },
];

export const fullFieldValues: readonly FieldValue[] = [
  { id: 190, field: 'power_limit', convert: watts, otherwise: enforcedLimit },
  { id: 192, field: 'power_limit_requested', convert: watts, otherwise: requestedLimit },
  counter(74, 'clocks_event_reasons_counters_sw_power_cap'),
  counter(76, 'clocks_event_reasons_counters_sync_boost'),
  counter(269, 'clocks_event_reasons_counters_sw_therm_slowdown'),
  { id: 29, field: 'retired_pages_multiple_single_bit', convert: count },
  { id: 30, field: 'retired_pages_double_bit', convert: count },
];

/** Counters of what should not happen, at some 350 µs each. */
export const rareFieldValues: readonly FieldValue[] = [
  counter(270, 'clocks_event_reasons_counters_hw_therm_slowdown'),
  counter(271, 'clocks_event_reasons_counters_hw_power_brake'),
];

export const staticFieldValues: readonly FieldValue[] = [
  { id: 189, field: 'power_limit_default', convert: watts, otherwise: defaultLimit },
  { id: 187, field: 'power_limit_min', convert: watts, otherwise: leastLimit },
  { id: 188, field: 'power_limit_max', convert: watts, otherwise: greatestLimit },
  { id: 193, field: 'temperature_max_tlimit_threshold', convert: celsius },
  { id: 194, field: 'temperature_slow_tlimit_threshold', convert: celsius },
  { id: 195, field: 'temperature_max_mem_tlimit_threshold', convert: celsius },
  { id: 196, field: 'temperature_max_gpu_tlimit_threshold', convert: celsius },
];

/** `nvmlFieldValue_t`: where its members stand. */
const ENTRY_BYTES = 40;
const SCOPE_AT = 4;
const TYPE_AT = 24;
const CODE_AT = 28;
const VALUE_AT = 32;

/** Some field values of one GPU, in one call. What is not supported leaves the batch. */
export class FieldValueBatch {
  readonly #call: NvmlCall | undefined;
  readonly #handle: number;
  #values: readonly FieldValue[];
  #answer: Answer;

  constructor(library: NvmlLibrary, handle: number, values: readonly FieldValue[]) {
    this.#call = library.find('nvmlDeviceGetFieldValues');
    this.#handle = handle;
    this.#values = values;
    this.#answer = request(values);
  }

  /** Fills `draft`; returns what to ask instead of what was found missing this time. */
  read(draft: Draft): readonly Question[] {
    if (this.#values.length === 0) return [];
    const code =
      this.#call?.(this.#handle, this.#values.length, this.#answer.bytes) ?? NVML.FUNCTION_NOT_FOUND;
    throwIfGone(code, 'nvmlDeviceGetFieldValues');
    if (isUnsupported(code)) return this.#drop(this.#values);
    if (code !== NVML.SUCCESS) return [];
    const missing = this.#values.filter((value, index) => !this.#take(value, index * ENTRY_BYTES, draft));
    return missing.length === 0 ? [] : this.#drop(missing);
  }

  /** False where the GPU does not have it. */
  #take({ field, convert }: FieldValue, at: number, draft: Draft): boolean {
    const code = this.#answer.words[(at + CODE_AT) >> 2];
    if (isUnsupported(code)) return false;
    const raw =
      code === NVML.SUCCESS
        ? this.#answer.value(this.#answer.words[(at + TYPE_AT) >> 2], at + VALUE_AT)
        : undefined;
    const value = raw === undefined ? undefined : convert(raw);
    if (value !== undefined) draft[field] = value;
    return true;
  }

  #drop(missing: readonly FieldValue[]): readonly Question[] {
    this.#values = this.#values.filter((value) => !missing.includes(value));
    this.#answer = request(this.#values);
    return missing.flatMap(({ otherwise }) => otherwise ?? []);
  }
}

function request(values: readonly FieldValue[]): Answer {
  const answer = new Answer(values.length * ENTRY_BYTES);
  values.forEach(({ id, scope = 0 }, index) => {
    answer.words[(index * ENTRY_BYTES) >> 2] = id;
    answer.words[(index * ENTRY_BYTES + SCOPE_AT) >> 2] = scope;
  });
  return answer;
}

function counter(id: number, field: keyof FieldsOf<'nvidia_smi'>): FieldValue {
  return { id, field, convert: microsecondsOfNanoseconds };
}
