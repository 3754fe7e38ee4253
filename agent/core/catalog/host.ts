import { float, integer, type MeasurementSpec } from './measurement-spec.ts';

export const host = {
  help: 'The machine, the watched process, and the cgroup v2 of that process (without `watch`: of the agent).',
  tags: {},
  fields: {
    cpu_ratio: float('ratio', 'Busy share of all cores since the last reading.'),
    cpu_cores: integer('1', 'Logical cores of the machine.'),
    load_1m: float('1', 'Load average over one minute.'),
    memory_total_bytes: integer('By', 'Memory of the machine.'),
    memory_used_bytes: integer('By', 'Memory in use, without buffers and caches. Linux only.'),
    memory_available_bytes: integer(
      'By',
      'Memory that can be had without swapping; outside Linux, free memory.',
    ),
    swap_used_bytes: integer('By', 'Swap in use. Linux only.'),
    cgroup_cpu_limit_cores: float('1', 'CPU limit of the cgroup (cpu.max). Absent without one.'),
    cgroup_cpu_ratio: float(
      'ratio',
      'CPU used by the cgroup since the last reading / its limit. Absent without a limit.',
    ),
    cgroup_throttled_ratio: float(
      'ratio',
      'Share of scheduling periods since the last reading in which the cgroup was throttled. Absent without a CPU limit.',
    ),
    cgroup_memory_limit_bytes: integer('By', 'Memory limit of the cgroup (memory.max). Absent without one.'),
    cgroup_memory_used_bytes: integer('By', 'Memory charged to the cgroup (memory.current).'),
    process_cpu_ratio: float(
      'ratio',
      'CPU of the watched process since the last reading, in cores (1 = one core busy).',
    ),
    process_memory_rss_bytes: integer('By', 'Resident memory of the watched process.'),
    process_threads: integer('1', 'Threads of the watched process.'),
    process_open_files: integer(
      '1',
      'Open file descriptors of the watched process. Absent without permission.',
    ),
    process_uptime_seconds: float('s', 'Age of the watched process, of several the oldest.'),
    process_count: integer('1', 'Processes that match `watch`; the figures are their sum.'),
  },
} as const satisfies MeasurementSpec;
