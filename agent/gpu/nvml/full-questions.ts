import { celsius, count, pcieGeneration, pcieWidth, percent, watts, yesNo } from './conversion.ts';
import { type FieldRule, rulesOf } from './field-rule.ts';
import { OUTPUT_STEP, type Question, structVersion } from './question.ts';

const smi = rulesOf<'nvidia_smi'>();

const CORRECTED = 0;
const UNCORRECTED = 1;
const VOLATILE = 0;
const AGGREGATE = 1;
const DRAM = 2;
const SRAM = 7;
/** `nvmlEccSramErrorStatus_v1_t`: the version, eleven 64-bit counters, a flag. */
const SRAM_STATUS_BYTES = 104;

const eccQuestions: readonly Question[] = [
  ecc([CORRECTED, VOLATILE, DRAM], smi('ecc_errors_volatile_dram_correctable', [0, 'u64'], count)),
  ecc([UNCORRECTED, VOLATILE, DRAM], smi('ecc_errors_volatile_dram_uncorrectable', [0, 'u64'], count)),
  ecc([CORRECTED, VOLATILE, SRAM], smi('ecc_errors_volatile_sram_correctable', [0, 'u64'], count)),
  ecc([UNCORRECTED, VOLATILE, SRAM], smi('ecc_errors_volatile_sram_uncorrectable', [0, 'u64'], count)),
  ecc([CORRECTED, AGGREGATE, DRAM], smi('ecc_errors_aggregate_dram_correctable', [0, 'u64'], count)),
  ecc([UNCORRECTED, AGGREGATE, DRAM], smi('ecc_errors_aggregate_dram_uncorrectable', [0, 'u64'], count)),
  ecc([CORRECTED, AGGREGATE, SRAM], smi('ecc_errors_aggregate_sram_correctable', [0, 'u64'], count)),
  ecc([UNCORRECTED, AGGREGATE, SRAM], smi('ecc_errors_aggregate_sram_uncorrectable', [0, 'u64'], count)),
  {
    symbol: 'nvmlDeviceGetSramEccErrorStatus',
    words: [structVersion(SRAM_STATUS_BYTES, 1)],
    rules: [
      smi('ecc_errors_aggregate_sram_uncorrectable_parity', [8, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_secded', [16, 'u64'], count),
      smi('ecc_errors_volatile_sram_uncorrectable_parity', [32, 'u64'], count),
      smi('ecc_errors_volatile_sram_uncorrectable_secded', [40, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_l2', [56, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_sm', [64, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_pcie', [72, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_microcontroller', [80, 'u64'], count),
      smi('ecc_errors_aggregate_sram_uncorrectable_other', [88, 'u64'], count),
      smi('ecc_errors_aggregate_sram_threshold_exceeded', [96, 'u32'], yesNo),
    ],
  },
  {
    symbol: 'nvmlDeviceGetRetiredPagesPendingStatus',
    rules: [
      smi('retired_pages_pending', [0, 'u32'], yesNo),
      smi('retired_pages_blacklist', [0, 'u32'], yesNo),
    ],
  },
  {
    symbol: 'nvmlDeviceGetRemappedRows',
    outputs: 4,
    rules: [
      smi('remapped_rows_correctable', [0, 'u32'], count),
      smi('remapped_rows_uncorrectable', [OUTPUT_STEP, 'u32'], count),
      smi('remapped_rows_pending', [2 * OUTPUT_STEP, 'u32'], yesNo),
      smi('remapped_rows_failure', [3 * OUTPUT_STEP, 'u32'], yesNo),
    ],
  },
];

/** What changes so rarely, and costs so much (160 µs each), that a minute is often enough. */
export const rareQuestions: readonly Question[] = [
  {
    symbol: 'nvmlDeviceGetRepairStatus',
    words: [structVersion(12, 1)],
    rules: [
      smi('ecc_errors_channel_repair_pending', [4, 'u32'], yesNo),
      smi('ecc_errors_tpc_repair_pending', [8, 'u32'], yesNo),
    ],
  },
  {
    symbol: 'nvmlDeviceGetUnrepairableMemoryFlag_v1',
    words: [structVersion(8, 1)],
    rules: [smi('ecc_errors_unrepairable_memory', [4, 'u32'], yesNo)],
  },
];

/** At 0.9 ms too dear for every full reading, yet it changes with the load: not to be repeated for long. */
export const marginQuestion: Question = {
  symbol: 'nvmlDeviceGetMarginTemperature',
  words: [structVersion(8, 1)],
  rules: [smi('temperature_gpu_tlimit', [4, 'i32'], celsius)],
};

/** What is dear or changes rarely. Limits and event counters are field values. */
export const fullQuestions: readonly Question[] = [
  ...eccQuestions,
  { symbol: 'nvmlDeviceGetFanSpeed', rules: [smi('fan_speed', [0, 'u32'], percent)] },
  {
    symbol: 'nvmlDeviceGetCurrPcieLinkGeneration',
    rules: [smi('pcie_link_gen_current', [0, 'u32'], pcieGeneration)],
  },
  {
    symbol: 'nvmlDeviceGetCurrPcieLinkWidth',
    rules: [smi('pcie_link_width_current', [0, 'u32'], pcieWidth)],
  },
  {
    symbol: 'nvmlDeviceGetEncoderStats',
    outputs: 3,
    rules: [
      smi('encoder_stats_session_count', [0, 'u32'], count),
      smi('encoder_stats_average_fps', [OUTPUT_STEP, 'u32'], count),
      smi('encoder_stats_average_latency', [2 * OUTPUT_STEP, 'u32'], count),
    ],
  },
  {
    symbol: 'nvmlDeviceGetFBCStats',
    rules: [
      smi('fbc_stats_session_count', [0, 'u32'], count),
      smi('fbc_stats_average_fps', [4, 'u32'], count),
      smi('fbc_stats_average_latency', [8, 'u32'], count),
    ],
  },
];

export const enforcedLimit: Question = {
  symbol: 'nvmlDeviceGetEnforcedPowerLimit',
  rules: [smi('power_limit', [0, 'u32'], watts)],
};

export const requestedLimit: Question = {
  symbol: 'nvmlDeviceGetPowerManagementLimit',
  rules: [smi('power_limit_requested', [0, 'u32'], watts)],
};

function ecc(inputs: readonly number[], rule: FieldRule): Question {
  return { symbol: 'nvmlDeviceGetMemoryErrorCounter', inputs, rules: [rule] };
}
