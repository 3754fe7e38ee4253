import { float, integer, type MeasurementSpec, text } from './measurement-spec.ts';

/**
 * Names, types and units are those of Telegraf's input `nvidia_smi` (its schema v13), so that existing dashboards
 * work: MiB, percent and MHz rather than base units. A superset; a field never changes its type.
 */
const gpuTags = {
  index: 'Number of the GPU as the driver counts.',
  uuid: 'Its UUID, which stays the same over reboots.',
  name: 'Product name.',
  simulated: '`true` where the figures are made up (gpu.source: simulated).',
} as const;

const smiTags = {
  ...gpuTags,
  arch: 'Architecture: Ampere, Hopper, ….',
  compute_mode: 'Default, Exclusive_Process or Prohibited.',
  pstate: 'Performance state, P0 (greatest) to P15.',
} as const;

const CLOCK_REASONS = {
  gpu_idle: 'nothing runs',
  applications_clocks_setting: 'clocks set by the user',
  sw_power_cap: 'the power limit',
  hw_slowdown: 'the hardware (thermal or power brake)',
  hw_thermal_slowdown: 'its temperature, by hardware',
  hw_power_brake_slowdown: 'an external power brake',
  sync_boost: 'a group of GPUs that keep one clock',
  sw_thermal_slowdown: 'its temperature, by the driver',
  display_clocks_setting: 'the display',
} as const;

type Reason = keyof typeof CLOCK_REASONS;
type ReasonFields = {
  readonly [R in Reason as `clocks_event_reason_${R}`]: { type: 'integer'; unit: '1'; help: string };
};

const clockReasons = Object.fromEntries(
  Object.entries(CLOCK_REASONS).map(([reason, cause]) => [
    `clocks_event_reason_${reason}`,
    integer('1', `1 while the clocks are held by ${cause}, else 0.`),
  ]),
) as ReasonFields;

const heldFor = (cause: string) =>
  integer('us', `Time since the driver was loaded in which ${cause} held the clocks.`);
const eccCount = (kind: string) => integer('1', `ECC errors ${kind}.`);
const threshold = (what: string) => integer('Cel', what);

export const nvidiaSmi = {
  help: 'One GPU at one moment, as `nvidia-smi -q` names it. What a GPU does not support is absent.',
  tags: smiTags,
  fields: {
    driver_version: text('Version of the driver.'),
    cuda_version: text('Latest CUDA that the driver supports.'),
    serial: text('Serial number of the board.'),
    vbios_version: text('Version of its firmware.'),
    display_active: text('Enabled or Disabled.'),
    display_mode: text('Enabled or Disabled.'),
    current_ecc: text('Whether ECC is Enabled or Disabled.'),
    fan_speed: integer('%', 'Intended speed of the fan.'),
    memory_total: integer('MiB', 'Memory of the GPU.'),
    memory_used: integer('MiB', 'In use, without what the driver reserves.'),
    memory_free: integer('MiB', 'Free memory.'),
    memory_reserved: integer('MiB', 'Held by the driver and its firmware.'),
    utilization_gpu: integer(
      '%',
      'Share of the driver’s last sampling period in which a kernel ran; says nothing of how full the GPU was: see gpu_activity.',
    ),
    utilization_memory: integer('%', 'Share of that period in which its memory was read or written.'),
    utilization_encoder: integer('%', 'Video encoder.'),
    utilization_decoder: integer('%', 'Video decoder.'),
    utilization_jpeg: integer('%', 'JPEG engine.'),
    utilization_ofa: integer('%', 'Optical flow engine.'),
    temperature_gpu: integer('Cel', 'Temperature of the chip.'),
    temperature_gpu_tlimit: integer('Cel', 'Degrees left until it slows down.'),
    temperature_memory: integer('Cel', 'Temperature of the memory.'),
    temperature_gpu_target: threshold('Temperature that the driver aims at.'),
    temperature_gpu_target_min: threshold('Least target that can be set.'),
    temperature_gpu_target_max: threshold('Greatest target that can be set.'),
    temperature_max_threshold: threshold('It shuts down here.'),
    temperature_slow_threshold: threshold('It slows down here.'),
    temperature_max_gpu_threshold: threshold('Greatest temperature of normal operation.'),
    temperature_max_mem_threshold: threshold('The same of the memory.'),
    temperature_max_tlimit_threshold: threshold('Margin at which it shuts down.'),
    temperature_slow_tlimit_threshold: threshold('Margin at which it slows down.'),
    temperature_max_gpu_tlimit_threshold: threshold('Margin at which software slows it down.'),
    temperature_max_mem_tlimit_threshold: threshold('The same of the memory.'),
    power_draw: float('W', 'Power at this moment; where the driver gives only a mean, that.'),
    power_draw_average: float('W', 'Mean power of the last second.'),
    power_limit: float('W', 'Limit in force.'),
    power_limit_default: float('W', 'Limit after a restart.'),
    power_limit_min: float('W', 'Least limit that can be set.'),
    power_limit_max: float('W', 'Greatest limit that can be set.'),
    power_limit_requested: float('W', 'Limit that was asked for.'),
    module_power_draw: float('W', 'Power of the module, where it is more than the GPU.'),
    clocks_current_graphics: integer('MHz', 'Clock of the graphics engines.'),
    clocks_current_sm: integer('MHz', 'Clock of the multiprocessors.'),
    clocks_current_memory: integer('MHz', 'Clock of the memory.'),
    clocks_current_video: integer('MHz', 'Clock of the video engines.'),
    ...clockReasons,
    clocks_event_reasons_counters_sw_power_cap: heldFor('the power limit'),
    clocks_event_reasons_counters_sw_therm_slowdown: heldFor('the driver, for heat,'),
    clocks_event_reasons_counters_hw_therm_slowdown: heldFor('the hardware, for heat,'),
    clocks_event_reasons_counters_hw_power_brake: heldFor('the power brake'),
    clocks_event_reasons_counters_sync_boost: heldFor('a group of GPUs'),
    pcie_link_gen_current: integer('1', 'Generation of the PCIe link; falls when idle.'),
    pcie_link_width_current: integer('1', 'Lanes of the link in use.'),
    pcie_rx_util: integer('kB/s', 'Received over PCIe. nvidia-smi only: NVML waits 20 ms for it.'),
    pcie_tx_util: integer('kB/s', 'Sent over PCIe. nvidia-smi only.'),
    encoder_stats_session_count: integer('1', 'Encoder sessions.'),
    encoder_stats_average_fps: integer('1', 'Their mean frames a second.'),
    encoder_stats_average_latency: integer('us', 'Their mean latency.'),
    fbc_stats_session_count: integer('1', 'Frame buffer capture sessions.'),
    fbc_stats_average_fps: integer('1', 'Their mean frames a second.'),
    fbc_stats_average_latency: integer('us', 'Their mean latency.'),
    ecc_errors_volatile_dram_correctable: eccCount(
      'of the DRAM that were corrected, since the driver was loaded',
    ),
    ecc_errors_volatile_dram_uncorrectable: eccCount(
      'of the DRAM that were not, since the driver was loaded',
    ),
    ecc_errors_volatile_sram_correctable: eccCount(
      'of the SRAM that were corrected, since the driver was loaded',
    ),
    ecc_errors_volatile_sram_uncorrectable: eccCount(
      'of the SRAM that were not, since the driver was loaded',
    ),
    ecc_errors_volatile_sram_uncorrectable_parity: eccCount('of those found by parity'),
    ecc_errors_volatile_sram_uncorrectable_secded: eccCount('of those found by SEC-DED'),
    ecc_errors_aggregate_dram_correctable: eccCount('of the DRAM that were corrected, over its life'),
    ecc_errors_aggregate_dram_uncorrectable: eccCount('of the DRAM that were not, over its life'),
    ecc_errors_aggregate_sram_correctable: eccCount('of the SRAM that were corrected, over its life'),
    ecc_errors_aggregate_sram_uncorrectable: eccCount('of the SRAM that were not, over its life'),
    ecc_errors_aggregate_sram_uncorrectable_parity: eccCount('of those found by parity'),
    ecc_errors_aggregate_sram_uncorrectable_secded: eccCount('of those found by SEC-DED'),
    ecc_errors_aggregate_sram_threshold_exceeded: text('Yes: the board is to be replaced.'),
    ecc_errors_aggregate_sram_uncorrectable_l2: eccCount('that were not corrected, in the L2 cache'),
    ecc_errors_aggregate_sram_uncorrectable_microcontroller: eccCount('in a microcontroller'),
    ecc_errors_aggregate_sram_uncorrectable_other: eccCount('elsewhere'),
    ecc_errors_aggregate_sram_uncorrectable_pcie: eccCount('in the PCIe unit'),
    ecc_errors_aggregate_sram_uncorrectable_sm: eccCount('in a multiprocessor'),
    ecc_errors_channel_repair_pending: text('Yes or No.'),
    ecc_errors_tpc_repair_pending: text('Yes or No.'),
    ecc_errors_unrepairable_memory: text('Yes or No.'),
    retired_pages_multiple_single_bit: integer('1', 'Pages retired for corrected errors (before Ampere).'),
    retired_pages_double_bit: integer('1', 'Pages retired for uncorrected errors (before Ampere).'),
    retired_pages_blacklist: text('Whether a page waits to be retired.'),
    retired_pages_pending: text('Whether a page waits to be retired.'),
    remapped_rows_correctable: integer('1', 'Memory rows replaced for corrected errors.'),
    remapped_rows_uncorrectable: integer('1', 'Memory rows replaced for uncorrected errors.'),
    remapped_rows_pending: text('Yes: a row is replaced at the next reset.'),
    remapped_rows_failure: text('Yes: a row could not be replaced.'),
  },
} as const satisfies MeasurementSpec;

export const nvidiaSmiProcess = {
  help: 'Memory that processes of one name and type hold on one GPU, summed. Process ids are the host’s.',
  tags: {
    ...gpuTags,
    name: 'Program of the process.',
    type: 'C (compute), G (graphics) or C+G.',
    process_id: 'The process, where `gpu.process_id` asks for a series each.',
  },
  fields: {
    pid: integer('1', 'The process, if it is only one.'),
    used_memory: integer('MiB', 'Memory held. Absent where the driver does not say (other containers, MIG).'),
    processes: integer('1', 'How many processes were summed.'),
  },
} as const satisfies MeasurementSpec;

export const nvidiaSmiMig = {
  help: 'One instance of a GPU that is divided by MIG.',
  tags: {
    ...smiTags,
    index: 'Number of the MIG device.',
    uuid: 'UUID of the GPU that is divided.',
    gpu_index: 'Its GPU instance.',
    compute_index: 'Its compute instance.',
  },
  fields: {
    memory_fb_total: integer('MiB', 'Memory of the instance.'),
    memory_fb_reserved: integer('MiB', 'Held by the driver.'),
    memory_fb_used: integer('MiB', 'In use.'),
    memory_fb_free: integer('MiB', 'Free.'),
    memory_bar1_total: integer('MiB', 'Memory that the CPU can map.'),
    memory_bar1_used: integer('MiB', 'Mapped.'),
    memory_bar1_free: integer('MiB', 'Not mapped.'),
    sram_uncorrectable: eccCount('of the SRAM that were not corrected'),
  },
} as const satisfies MeasurementSpec;
