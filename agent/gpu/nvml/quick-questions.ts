import { bit, celsius, megahertz, mib, mibRoundedUp, percent, watts } from './conversion.ts';
import { type FieldRule, rulesOf } from './field-rule.ts';
import { type Question, structVersion } from './question.ts';

const smi = rulesOf<'nvidia_smi'>();
const CELSIUS_SENSOR_GPU = 0;
const MEMORY_V2_BYTES = 40;

/**
 * Memory as nvidia-smi says it: the second version tells what the driver reserves apart, the first counts it as used.
 */
const memory: Question = {
  symbol: 'nvmlDeviceGetMemoryInfo_v2',
  words: [structVersion(MEMORY_V2_BYTES, 2)],
  rules: [
    smi('memory_total', [8, 'u64'], mib),
    smi('memory_reserved', [16, 'u64'], mib),
    smi('memory_free', [24, 'u64'], mibRoundedUp),
    smi('memory_used', [32, 'u64'], mibRoundedUp),
  ],
  otherwise: {
    symbol: 'nvmlDeviceGetMemoryInfo',
    rules: [
      smi('memory_total', [0, 'u64'], mib),
      smi('memory_free', [8, 'u64'], mibRoundedUp),
      smi('memory_used', [16, 'u64'], mibRoundedUp),
    ],
  },
};

const temperature: Question = {
  symbol: 'nvmlDeviceGetTemperature',
  inputs: [CELSIUS_SENSOR_GPU],
  rules: [smi('temperature_gpu', [0, 'u32'], celsius)],
  otherwise: {
    symbol: 'nvmlDeviceGetTemperatureV',
    words: [structVersion(12, 1), CELSIUS_SENSOR_GPU],
    rules: [smi('temperature_gpu', [8, 'i32'], celsius)],
  },
};

const REASONS: readonly FieldRule[] = [
  smi('clocks_event_reason_gpu_idle', [0, 'u64'], bit(0x1)),
  smi('clocks_event_reason_applications_clocks_setting', [0, 'u64'], bit(0x2)),
  smi('clocks_event_reason_sw_power_cap', [0, 'u64'], bit(0x4)),
  smi('clocks_event_reason_hw_slowdown', [0, 'u64'], bit(0x8)),
  smi('clocks_event_reason_sync_boost', [0, 'u64'], bit(0x10)),
  smi('clocks_event_reason_sw_thermal_slowdown', [0, 'u64'], bit(0x20)),
  smi('clocks_event_reason_hw_thermal_slowdown', [0, 'u64'], bit(0x40)),
  smi('clocks_event_reason_hw_power_brake_slowdown', [0, 'u64'], bit(0x80)),
  smi('clocks_event_reason_display_clocks_setting', [0, 'u64'], bit(0x100)),
];

/** The cheap set, asked each tick. */
export const quickQuestions: readonly Question[] = [
  {
    symbol: 'nvmlDeviceGetUtilizationRates',
    rules: [smi('utilization_gpu', [0, 'u32'], percent), smi('utilization_memory', [4, 'u32'], percent)],
  },
  memory,
  temperature,
  clock(0, smi('clocks_current_graphics', [0, 'u32'], megahertz)),
  clock(1, smi('clocks_current_sm', [0, 'u32'], megahertz)),
  clock(2, smi('clocks_current_memory', [0, 'u32'], megahertz)),
  clock(3, smi('clocks_current_video', [0, 'u32'], megahertz)),
  {
    symbol: 'nvmlDeviceGetCurrentClocksEventReasons',
    rules: REASONS,
    otherwise: { symbol: 'nvmlDeviceGetCurrentClocksThrottleReasons', rules: REASONS },
  },
  engine('nvmlDeviceGetEncoderUtilization', smi('utilization_encoder', [0, 'u32'], percent)),
  engine('nvmlDeviceGetDecoderUtilization', smi('utilization_decoder', [0, 'u32'], percent)),
  engine('nvmlDeviceGetJpgUtilization', smi('utilization_jpeg', [0, 'u32'], percent)),
  engine('nvmlDeviceGetOfaUtilization', smi('utilization_ofa', [0, 'u32'], percent)),
];

/** Of the last second on newer GPUs, of this moment on older ones: asked where there is no field value for it. */
export const powerUsage: Question = {
  symbol: 'nvmlDeviceGetPowerUsage',
  rules: [smi('power_draw', [0, 'u32'], watts)],
};

function clock(domain: number, rule: FieldRule): Question {
  return { symbol: 'nvmlDeviceGetClockInfo', inputs: [domain], rules: [rule] };
}

/** The second output is the sampling period. */
function engine(symbol: Question['symbol'], rule: FieldRule): Question {
  return { symbol, outputs: 2, rules: [rule] };
}
