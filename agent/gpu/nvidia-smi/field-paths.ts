import type { MeasurementSpec } from '../../core/catalog/measurement-spec.ts';
import { nvidiaSmi, nvidiaSmiMig } from '../../core/catalog/nvidia-smi.ts';
import type { FieldsOf } from '../../core/point.ts';
import { parseValue } from './smi-value.ts';
import { textAt, type XmlTree } from './xml-tree.ts';

/** Where a field stands, from its element on: the first place that holds a value wins. */
type Paths<F extends string> = Readonly<Record<F, readonly string[]>>;

type LogField = 'driver_version' | 'cuda_version';
type GpuField = Exclude<keyof typeof nvidiaSmi.fields, LogField>;

/** In `nvidia_smi_log` itself. */
const LOG_PATHS = {
  driver_version: ['driver_version'],
  cuda_version: ['cuda_version'],
} as const satisfies Paths<LogField>;

/**
 * In a `gpu` element. Type and unit are the catalog's. Several places are those of several schemas, the latest first:
 * v12 renamed throttle reasons to event reasons and `power_readings` to `gpu_power_readings`, and split the power into
 * `instant` and `average`; before Turing, v11 counts ECC errors by bits.
 */
export const GPU_PATHS = {
  serial: ['serial'],
  vbios_version: ['vbios_version'],
  display_active: ['display_active'],
  display_mode: ['display_mode'],
  current_ecc: ['ecc_mode/current_ecc'],
  fan_speed: ['fan_speed'],
  memory_total: ['fb_memory_usage/total'],
  memory_used: ['fb_memory_usage/used'],
  memory_free: ['fb_memory_usage/free'],
  memory_reserved: ['fb_memory_usage/reserved'],
  utilization_gpu: ['utilization/gpu_util'],
  utilization_memory: ['utilization/memory_util'],
  utilization_encoder: ['utilization/encoder_util'],
  utilization_decoder: ['utilization/decoder_util'],
  utilization_jpeg: ['utilization/jpeg_util'],
  utilization_ofa: ['utilization/ofa_util'],
  temperature_gpu: ['temperature/gpu_temp'],
  temperature_gpu_tlimit: ['temperature/gpu_temp_tlimit'],
  temperature_memory: ['temperature/memory_temp'],
  temperature_gpu_target: ['temperature/gpu_target_temperature'],
  temperature_gpu_target_min: ['supported_gpu_target_temp/gpu_target_temp_min'],
  temperature_gpu_target_max: ['supported_gpu_target_temp/gpu_target_temp_max'],
  temperature_max_threshold: ['temperature/gpu_temp_max_threshold'],
  temperature_slow_threshold: ['temperature/gpu_temp_slow_threshold'],
  temperature_max_gpu_threshold: ['temperature/gpu_temp_max_gpu_threshold'],
  temperature_max_mem_threshold: ['temperature/gpu_temp_max_mem_threshold'],
  temperature_max_tlimit_threshold: ['temperature/gpu_temp_max_tlimit_threshold'],
  temperature_slow_tlimit_threshold: ['temperature/gpu_temp_slow_tlimit_threshold'],
  temperature_max_gpu_tlimit_threshold: ['temperature/gpu_temp_max_gpu_tlimit_threshold'],
  temperature_max_mem_tlimit_threshold: ['temperature/gpu_temp_max_mem_tlimit_threshold'],
  power_draw: [
    'gpu_power_readings/instant_power_draw',
    'power_readings/instant_power_draw',
    'gpu_power_readings/power_draw',
    'power_readings/power_draw',
    'gpu_power_readings/average_power_draw',
    'power_readings/average_power_draw',
  ],
  power_draw_average: ['gpu_power_readings/average_power_draw', 'power_readings/average_power_draw'],
  power_limit: [
    'gpu_power_readings/current_power_limit',
    'gpu_power_readings/power_limit',
    'power_readings/power_limit',
  ],
  power_limit_default: ['gpu_power_readings/default_power_limit', 'power_readings/default_power_limit'],
  power_limit_min: ['gpu_power_readings/min_power_limit', 'power_readings/min_power_limit'],
  power_limit_max: ['gpu_power_readings/max_power_limit', 'power_readings/max_power_limit'],
  power_limit_requested: ['gpu_power_readings/requested_power_limit'],
  module_power_draw: ['module_power_readings/instant_power_draw', 'module_power_readings/power_draw'],
  clocks_current_graphics: ['clocks/graphics_clock'],
  clocks_current_sm: ['clocks/sm_clock'],
  clocks_current_memory: ['clocks/mem_clock'],
  clocks_current_video: ['clocks/video_clock'],
  clocks_event_reason_gpu_idle: [
    'clocks_event_reasons/clocks_event_reason_gpu_idle',
    'clocks_throttle_reasons/clocks_throttle_reason_gpu_idle',
  ],
  clocks_event_reason_applications_clocks_setting: [
    'clocks_event_reasons/clocks_event_reason_applications_clocks_setting',
    'clocks_throttle_reasons/clocks_throttle_reason_applications_clocks_setting',
  ],
  clocks_event_reason_sw_power_cap: [
    'clocks_event_reasons/clocks_event_reason_sw_power_cap',
    'clocks_throttle_reasons/clocks_throttle_reason_sw_power_cap',
  ],
  clocks_event_reason_hw_slowdown: [
    'clocks_event_reasons/clocks_event_reason_hw_slowdown',
    'clocks_throttle_reasons/clocks_throttle_reason_hw_slowdown',
  ],
  clocks_event_reason_hw_thermal_slowdown: [
    'clocks_event_reasons/clocks_event_reason_hw_thermal_slowdown',
    'clocks_throttle_reasons/clocks_throttle_reason_hw_thermal_slowdown',
  ],
  clocks_event_reason_hw_power_brake_slowdown: [
    'clocks_event_reasons/clocks_event_reason_hw_power_brake_slowdown',
    'clocks_throttle_reasons/clocks_throttle_reason_hw_power_brake_slowdown',
  ],
  clocks_event_reason_sync_boost: [
    'clocks_event_reasons/clocks_event_reason_sync_boost',
    'clocks_throttle_reasons/clocks_throttle_reason_sync_boost',
  ],
  clocks_event_reason_sw_thermal_slowdown: [
    'clocks_event_reasons/clocks_event_reason_sw_thermal_slowdown',
    'clocks_throttle_reasons/clocks_throttle_reason_sw_thermal_slowdown',
  ],
  clocks_event_reason_display_clocks_setting: [
    'clocks_event_reasons/clocks_event_reason_display_clocks_setting',
    'clocks_throttle_reasons/clocks_throttle_reason_display_clocks_setting',
  ],
  clocks_event_reasons_counters_sw_power_cap: [
    'clocks_event_reasons_counters/clocks_event_reasons_counters_sw_power_cap',
  ],
  clocks_event_reasons_counters_sw_therm_slowdown: [
    'clocks_event_reasons_counters/clocks_event_reasons_counters_sw_therm_slowdown',
  ],
  clocks_event_reasons_counters_hw_therm_slowdown: [
    'clocks_event_reasons_counters/clocks_event_reasons_counters_hw_therm_slowdown',
  ],
  clocks_event_reasons_counters_hw_power_brake: [
    'clocks_event_reasons_counters/clocks_event_reasons_counters_hw_power_brake',
  ],
  clocks_event_reasons_counters_sync_boost: [
    'clocks_event_reasons_counters/clocks_event_reasons_counters_sync_boost',
  ],
  pcie_link_gen_current: ['pci/pci_gpu_link_info/pcie_gen/current_link_gen'],
  pcie_link_width_current: ['pci/pci_gpu_link_info/link_widths/current_link_width'],
  pcie_rx_util: ['pci/rx_util'],
  pcie_tx_util: ['pci/tx_util'],
  encoder_stats_session_count: ['encoder_stats/session_count'],
  encoder_stats_average_fps: ['encoder_stats/average_fps'],
  encoder_stats_average_latency: ['encoder_stats/average_latency'],
  fbc_stats_session_count: ['fbc_stats/session_count'],
  fbc_stats_average_fps: ['fbc_stats/average_fps'],
  fbc_stats_average_latency: ['fbc_stats/average_latency'],
  ecc_errors_volatile_dram_correctable: [
    'ecc_errors/volatile/dram_correctable',
    'ecc_errors/volatile/single_bit/device_memory',
  ],
  ecc_errors_volatile_dram_uncorrectable: [
    'ecc_errors/volatile/dram_uncorrectable',
    'ecc_errors/volatile/double_bit/device_memory',
  ],
  ecc_errors_volatile_sram_correctable: ['ecc_errors/volatile/sram_correctable'],
  ecc_errors_volatile_sram_uncorrectable: ['ecc_errors/volatile/sram_uncorrectable'],
  ecc_errors_volatile_sram_uncorrectable_parity: ['ecc_errors/volatile/sram_uncorrectable_parity'],
  ecc_errors_volatile_sram_uncorrectable_secded: ['ecc_errors/volatile/sram_uncorrectable_secded'],
  ecc_errors_aggregate_dram_correctable: [
    'ecc_errors/aggregate/dram_correctable',
    'ecc_errors/aggregate/single_bit/device_memory',
  ],
  ecc_errors_aggregate_dram_uncorrectable: [
    'ecc_errors/aggregate/dram_uncorrectable',
    'ecc_errors/aggregate/double_bit/device_memory',
  ],
  ecc_errors_aggregate_sram_correctable: ['ecc_errors/aggregate/sram_correctable'],
  ecc_errors_aggregate_sram_uncorrectable: ['ecc_errors/aggregate/sram_uncorrectable'],
  ecc_errors_aggregate_sram_uncorrectable_parity: ['ecc_errors/aggregate/sram_uncorrectable_parity'],
  ecc_errors_aggregate_sram_uncorrectable_secded: ['ecc_errors/aggregate/sram_uncorrectable_secded'],
  ecc_errors_aggregate_sram_threshold_exceeded: ['ecc_errors/aggregate/sram_threshold_exceeded'],
  ecc_errors_aggregate_sram_uncorrectable_l2: ['ecc_errors/aggregate_uncorrectable_sram_sources/sram_l2'],
  ecc_errors_aggregate_sram_uncorrectable_microcontroller: [
    'ecc_errors/aggregate_uncorrectable_sram_sources/sram_microcontroller',
  ],
  ecc_errors_aggregate_sram_uncorrectable_other: [
    'ecc_errors/aggregate_uncorrectable_sram_sources/sram_other',
  ],
  ecc_errors_aggregate_sram_uncorrectable_pcie: ['ecc_errors/aggregate_uncorrectable_sram_sources/sram_pcie'],
  ecc_errors_aggregate_sram_uncorrectable_sm: ['ecc_errors/aggregate_uncorrectable_sram_sources/sram_sm'],
  ecc_errors_channel_repair_pending: ['ecc_errors/channel_repair_pending'],
  ecc_errors_tpc_repair_pending: ['ecc_errors/tpc_repair_pending'],
  ecc_errors_unrepairable_memory: ['ecc_errors/unrepairable_memory'],
  retired_pages_multiple_single_bit: ['retired_pages/multiple_single_bit_retirement/retired_count'],
  retired_pages_double_bit: ['retired_pages/double_bit_retirement/retired_count'],
  retired_pages_blacklist: ['retired_pages/pending_blacklist'],
  retired_pages_pending: ['retired_pages/pending_retirement'],
  remapped_rows_correctable: ['remapped_rows/remapped_row_corr'],
  remapped_rows_uncorrectable: ['remapped_rows/remapped_row_unc'],
  remapped_rows_pending: ['remapped_rows/remapped_row_pending'],
  remapped_rows_failure: ['remapped_rows/remapped_row_failure'],
} as const satisfies Paths<GpuField>;

/** In a `mig_device` element. */
const MIG_PATHS = {
  memory_fb_total: ['fb_memory_usage/total'],
  memory_fb_reserved: ['fb_memory_usage/reserved'],
  memory_fb_used: ['fb_memory_usage/used'],
  memory_fb_free: ['fb_memory_usage/free'],
  memory_bar1_total: ['bar1_memory_usage/total'],
  memory_bar1_used: ['bar1_memory_usage/used'],
  memory_bar1_free: ['bar1_memory_usage/free'],
  sram_uncorrectable: ['ecc_error_count/volatile_count/sram_uncorrectable'],
} as const satisfies Paths<keyof typeof nvidiaSmiMig.fields>;

export function readGpuFields(log: XmlTree, gpu: XmlTree): FieldsOf<'nvidia_smi'> {
  return { ...readFields(log, LOG_PATHS, nvidiaSmi), ...readFields(gpu, GPU_PATHS, nvidiaSmi) };
}

export function readMigFields(device: XmlTree): FieldsOf<'nvidia_smi_mig'> {
  return readFields(device, MIG_PATHS, nvidiaSmiMig);
}

/** Each field on its own: one without a value is left out, the others stay. */
function readFields(
  element: XmlTree,
  paths: Paths<string>,
  spec: MeasurementSpec,
): Record<string, number | string> {
  const fields: Record<string, number | string> = {};
  for (const [field, places] of Object.entries(paths)) {
    for (const place of places) {
      const value = parseValue(textAt(element, place), spec.fields[field]);
      if (value === undefined) continue;
      fields[field] = value;
      break;
    }
  }
  return fields;
}
