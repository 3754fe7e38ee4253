import type { Fields } from '../json-elements.ts';
import { numberOf, type TraceFormat, type TraceReader, type TraceSinks } from '../trace-format.ts';

/** The part of a request, and its duration's key; before TensorRT 8 copies were called in and out. */
const PHASES = [
  ['h2d', 'h2dMs', 'inMs'],
  ['inference', 'computeMs', 'computeMs'],
  ['d2h', 'd2hMs', 'outMs'],
] as const;
const STARTS = ['startH2dMs', 'startInMs', 'startComputeMs'] as const;

/**
 * `trtexec --exportTimes`: a list with an object for each inference that was timed, times in ms since the first
 * (TensorRT's samples/common/sampleReporting.cpp, `exportJSONTrace`). Its latency is that of the GPU, the copies
 * included; what the CPU took to enqueue it stands apart, as a phase.
 */
export const trtexecTimes: TraceFormat = {
  kind: 'trtexec-times',
  title: 'times of trtexec (--exportTimes)',
  profiler: 'tensorrt',
  shape: 'list',
  recognises: ({ latencyMs, computeMs }) => latencyMs !== undefined && computeMs !== undefined,
  createReader: (sinks) => new TimesReader(sinks),
};

class TimesReader implements TraceReader {
  readonly #sinks: TraceSinks;
  readonly iterations = 0;

  constructor(sinks: TraceSinks) {
    this.#sinks = sinks;
  }

  take(times: Fields): string | undefined {
    const durationMs = numberOf(times['latencyMs']);
    const startMs = STARTS.map((key) => numberOf(times[key])).find((ms) => ms !== undefined);
    if (durationMs === undefined || durationMs < 0) return 'an inference with "latencyMs", 0 or more';
    if (startMs === undefined) return 'an inference with "startH2dMs", "startInMs" or "startComputeMs"';
    this.#sinks.requests.add({ startMs, durationMs, phases: phasesOf(times) });
    return undefined;
  }

  missing(): string | undefined {
    return this.#sinks.requests.isEmpty ? 'at least one inference' : undefined;
  }
}

function phasesOf(times: Fields): Readonly<Record<string, number>> {
  const parts = PHASES.map(([phase, key, oldKey]) => [phase, numberOf(times[key] ?? times[oldKey])] as const);
  const [enqueued, began] = [numberOf(times['endEnqMs']), numberOf(times['startEnqMs'])];
  const enqueueMs = enqueued === undefined || began === undefined ? undefined : enqueued - began;
  const known = [...parts, ['enqueue', enqueueMs] as const].filter(([, ms]) => ms !== undefined && ms >= 0);
  return Object.fromEntries(known) as Record<string, number>;
}
