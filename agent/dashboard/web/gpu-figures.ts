import type { ChartPanelOptions } from './chart-panel-options.ts';
import { formatBytes, formatPercent, formatWatts } from './format.ts';

/** The measurements of GPUs that the page draws. */
export type GpuMeasurement = 'nvidia_smi' | 'gpu_activity';

/** A field of `nvidia_smi` over time, one line a GPU. */
export interface GpuChart extends ChartPanelOptions {
  readonly field: string;
}

const MIB = 2 ** 20;
export const GPU_CHARTS: readonly GpuChart[] = [
  {
    title: 'GPU utilization',
    help: 'Share of the time in which a kernel ran: not how full the GPU was',
    field: 'utilization_gpu',
    filled: false,
    format: formatWholePercent,
    formatAxis: (values) => values.map((percent) => formatWholePercent(percent)),
    fullScale: 100,
  },
  {
    title: 'GPU memory',
    help: 'Memory in use',
    field: 'memory_used',
    filled: false,
    format: (mib) => formatBytes(mib === undefined ? undefined : mib * MIB),
    formatAxis: (values) => values.map((mib) => formatBytes(mib * MIB)),
    axisSteps: Array.from({ length: 24 }, (_step, power) => 2 ** power),
  },
  {
    title: 'GPU power',
    help: 'Power at each moment',
    field: 'power_draw',
    filled: false,
    format: formatWatts,
    formatAxis: (values) => values.map((watts) => formatWatts(watts)),
  },
];

/** A field of `gpu_activity` over time, one line each in the panel of a GPU. */
export interface GpuPipe {
  readonly label: string;
  readonly field: string;
  /** CSS custom property. */
  readonly color: string;
}

export const GPU_PIPES: readonly GpuPipe[] = [
  { label: 'SM', field: 'sm_active_ratio', color: '--pipe-sm' },
  { label: 'tensor, float', field: 'tensor_hmma_active_ratio', color: '--pipe-hmma' },
  { label: 'tensor, int8', field: 'tensor_imma_active_ratio', color: '--pipe-imma' },
  { label: 'tensor, fp64', field: 'tensor_dfma_active_ratio', color: '--pipe-dfma' },
  { label: 'memory', field: 'dram_active_ratio', color: '--pipe-dram' },
];

/** The fields that the charts read, so that no others travel. */
export const GPU_MEASUREMENTS: Readonly<Record<GpuMeasurement, readonly string[]>> = {
  nvidia_smi: GPU_CHARTS.map(({ field }) => field),
  gpu_activity: GPU_PIPES.map(({ field }) => field),
};

function formatWholePercent(percent: number | undefined): string {
  return formatPercent(percent === undefined ? undefined : percent / 100);
}
