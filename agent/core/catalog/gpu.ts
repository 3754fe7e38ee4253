import { float, type MeasurementSpec, seriesTags, windowTag } from './measurement-spec.ts';

const active = (what: string) => float('ratio', `Share of the time in which ${what}, since the last point.`);

/** What ran on a GPU between two readings, from the driver’s samples and GPM counters. */
export const gpuActivity = {
  help: 'What ran on one GPU since its last point: from the driver’s sample buffer, its energy counter, and (Hopper and later) GPM. Says which pipes a model really uses: an int8 model whose IMMA share is 0 does not run on the int8 tensor cores.',
  tags: {
    index: 'Number of the GPU as the driver counts.',
    uuid: 'Its UUID.',
    name: 'Product name.',
    simulated: '`true` where the figures are made up.',
  },
  fields: {
    utilization_mean_ratio: float('ratio', 'Mean of the driver’s utilization samples since the last point.'),
    utilization_max_ratio: float('ratio', 'Greatest of them: a burst between two readings does not hide.'),
    sm_active_ratio: active('a multiprocessor had at least one warp, as a mean over all'),
    sm_occupancy_ratio: float('ratio', 'Resident warps / those that fit, mean over all multiprocessors.'),
    tensor_any_active_ratio: active('tensor cores were busy'),
    tensor_hmma_active_ratio: active('they multiplied floating point numbers (fp16, bf16, tf32, fp8)'),
    tensor_imma_active_ratio: active('they multiplied integers (int8)'),
    tensor_dfma_active_ratio: active('they multiplied fp64'),
    fp64_active_ratio: active('the fp64 pipe was busy'),
    fp32_active_ratio: active('the fp32 pipe was busy'),
    fp16_active_ratio: active('the fp16 pipe was busy, tensor cores excluded'),
    integer_active_ratio: active('the integer pipe was busy'),
    dram_active_ratio: float('ratio', 'Memory bandwidth used / possible.'),
    energy_joules: float('J', 'Energy since the last point, from the GPU’s own counter.'),
  },
} as const satisfies MeasurementSpec;

/** The join: what the requests of a series took of a GPU. */
export const inferenceGpu = {
  help: 'What the requests of one series took of one GPU in one window: an estimate. A slot of 20 ms in which several series ran counts for each alike, and whatever else ran on the GPU counts for them too (see `exclusive_ratio`). Written once, when the window is final and the energy readings cover it. Silent while the series does not run.',
  tags: {
    ...seriesTags,
    model: 'The model; `__idle__`: energy of slices in which nobody was busy.',
    ...windowTag,
    gpu: 'UUID of the GPU; `all`: of a series that ran on several in the window, all of them together: sums of energy and memory, means of the other shares, busy time counted once. Do not add it to the others.',
    simulated: '`true` where the GPU’s figures are made up.',
  },
  fields: {
    busy_seconds: float(
      's',
      'Time in which at least one request of the series was in its inference phase, in slots of 20 ms: a batch is busy once, and a slot touched counts whole. The phases inference, prefill and decode; without them the request less its queue.',
    ),
    gpu_share_ratio: float(
      'ratio',
      'Busy slots, each divided by the number of series busy in it / slots watched. Sums to at most 1 over the series. Absent where less than a tenth of the window was watched.',
    ),
    exclusive_ratio: float(
      'ratio',
      'Share of the busy slots in which no other series was busy and no foreign process was on the GPU. Below 1 the energy is an upper bound or a fair split, not a measurement. Where the server’s own processes are not known on the GPU, more than one counts as foreign. Absent where the driver does not show processes.',
    ),
    energy_active_joules: float(
      'J',
      'Energy of the busy slots, each shared equally by the series busy in it: the counter’s, spread over the slots by the driver’s power samples. Compare this one. Absent for windows under 10 s, for those of which the counter does not cover every slice (start, reset, silence), and on a GPU that MIG divides.',
    ),
    energy_idle_joules: float(
      'J',
      'Energy of the slots in which nobody was busy, split by busy share slice by slice. Active and idle over all series are the counter’s difference.',
    ),
    energy_per_request_joules: float(
      'J',
      'energy_active_joules / successful requests. Absent where p95 exceeds a fifth of the window, where spans stand for others (weight above 1), and on each single GPU of requests that ran on several.',
    ),
    output_tokens_per_joule: float(
      '1/J',
      'Output tokens of all requests / energy_active_joules. Absent as above, and without tokens.',
    ),
    memory_used_max_bytes: float('By', 'Greatest memory in use on the GPU, whoever holds it.'),
    utilization_mean_ratio: float('ratio', 'Mean utilization of the GPU, whoever used it.'),
    tensor_any_ratio: float(
      'ratio',
      'Mean activity of its tensor cores, whoever used them. Hopper and later.',
    ),
    tensor_hmma_ratio: float('ratio', 'The same, floating point.'),
    tensor_imma_ratio: float('ratio', 'The same, integer.'),
    tensor_expected_ratio: float(
      'ratio',
      'The same, of the kind that `match.expect_tensor` names for the series. Near 0 while the series runs alone: it does not use what it was made for.',
    ),
    coverage_ratio: float('ratio', 'Share of the window in which requests and GPU were both watched.'),
  },
} as const satisfies MeasurementSpec;
