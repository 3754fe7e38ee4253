import { float, integer, type MeasurementSpec, seriesTags } from './measurement-spec.ts';

/** What a profiler says of the operators (layers, kernels) of one model. */
export const operator = {
  help: 'An operator of a model in one profile (torch.profiler, TensorRT, ONNX Runtime): a point an operator, at the end of the profile. Of each device the operators that took most time by themselves have points of their own (`limits.operators`); `__other__` sums up the rest.',
  tags: {
    ...seriesTags,
    profiler: 'Who measured: torch, tensorrt, onnxruntime, or a name of the sender’s.',
    operator:
      'The operator as the profiler names it; of more than 160 characters its beginning, an ellipsis and a hash of the whole. `__other__`: those that have no point of their own.',
    device: 'Where the time was spent: cpu, cuda, …. Absent where the profiler does not say.',
  },
  fields: {
    calls: integer('1', 'How often it ran in the profile.'),
    total_seconds: float('s', 'Time in it, with the operators that it calls. Absent of `__other__`.'),
    self_seconds: float(
      's',
      'Time in it, without the operators that it calls. Over the operators of a device this may be summed.',
    ),
    self_per_iteration_seconds: float(
      's',
      'self_seconds / iterations: what it takes of one run of the model. Absent where the iterations are not known.',
    ),
    share_ratio: float('ratio', 'self_seconds / that of all operators of the device in the profile.'),
    iterations: integer('1', 'Runs of the model that the profile covers. Absent where not known.'),
    operators: integer('1', 'Operators that the point stands for: 1, of `__other__` how many they were.'),
  },
} as const satisfies MeasurementSpec;
