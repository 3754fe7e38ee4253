import { celsius, enabled, watts } from './conversion.ts';
import { type FieldRule, rulesOf } from './field-rule.ts';
import { OUTPUT_STEP, type Question } from './question.ts';

const smi = rulesOf<'nvidia_smi'>();

/**
 * What stays as it is until the GPU is reset, and costs 150 to 230 µs a call: asked once.
 * The kinds of thresholds are those of nvml.h, `nvmlTemperatureThresholds_t`.
 */
export const staticQuestions: readonly Question[] = [
  { symbol: 'nvmlDeviceGetDisplayMode', rules: [smi('display_mode', [0, 'u32'], enabled)] },
  { symbol: 'nvmlDeviceGetDisplayActive', rules: [smi('display_active', [0, 'u32'], enabled)] },
  { symbol: 'nvmlDeviceGetEccMode', outputs: 2, rules: [smi('current_ecc', [0, 'u32'], enabled)] },
  threshold(0, smi('temperature_max_threshold', [0, 'u32'], celsius)),
  threshold(1, smi('temperature_slow_threshold', [0, 'u32'], celsius)),
  threshold(2, smi('temperature_max_mem_threshold', [0, 'u32'], celsius)),
  threshold(3, smi('temperature_max_gpu_threshold', [0, 'u32'], celsius)),
  threshold(4, smi('temperature_gpu_target_min', [0, 'u32'], celsius)),
  threshold(5, smi('temperature_gpu_target', [0, 'u32'], celsius)),
  threshold(6, smi('temperature_gpu_target_max', [0, 'u32'], celsius)),
];

export const defaultLimit: Question = {
  symbol: 'nvmlDeviceGetPowerManagementDefaultLimit',
  rules: [smi('power_limit_default', [0, 'u32'], watts)],
};

/** One call tells both ends. */
export const leastLimit = bound(smi('power_limit_min', [0, 'u32'], watts));
export const greatestLimit = bound(smi('power_limit_max', [OUTPUT_STEP, 'u32'], watts));

function bound(rule: FieldRule): Question {
  return { symbol: 'nvmlDeviceGetPowerManagementLimitConstraints', outputs: 2, rules: [rule] };
}

function threshold(kind: number, rule: FieldRule): Question {
  return { symbol: 'nvmlDeviceGetTemperatureThreshold', inputs: [kind], rules: [rule] };
}
