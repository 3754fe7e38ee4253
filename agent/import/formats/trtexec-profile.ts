import type { Fields } from '../json-elements.ts';
import { numberOf, type TraceFormat, type TraceReader, type TraceSinks } from '../trace-format.ts';

/**
 * `trtexec --exportProfile`: a list that begins with `{count}`, the runs that were profiled, and has `{name, timeMs, …}`
 * for each layer, summed over them (TensorRT's samples/common/sampleReporting.cpp, `exportJSONProfile`). Layers run one
 * after another on the GPU: their time is their own.
 */
export const trtexecProfile: TraceFormat = {
  kind: 'trtexec-profile',
  title: 'a profile of trtexec (--exportProfile)',
  profiler: 'tensorrt',
  shape: 'list',
  recognises: ({ count, name, timeMs }) =>
    count !== undefined || (typeof name === 'string' && timeMs !== undefined),
  createReader: (sinks) => new ProfileReader(sinks),
};

class ProfileReader implements TraceReader {
  readonly #sinks: TraceSinks;
  iterations = 0;

  constructor(sinks: TraceSinks) {
    this.#sinks = sinks;
  }

  take(layer: Fields): string | undefined {
    const { name, count } = layer;
    if (name === undefined && count !== undefined) return this.#takeCount(numberOf(count));
    const timeMs = numberOf(layer['timeMs']);
    if (typeof name !== 'string' || timeMs === undefined || timeMs < 0)
      return 'a layer with "name" and "timeMs", 0 or more';
    const { operators } = this.#sinks;
    const timeNs = Math.round(timeMs * 1e6);
    operators.add(operators.id(name, 'cuda'), timeNs, timeNs, Math.max(1, this.iterations));
    return undefined;
  }

  #takeCount(count: number | undefined): string | undefined {
    if (count === undefined || count < 0 || !Number.isInteger(count)) return '"count", a number of runs';
    this.iterations = count;
    return undefined;
  }

  missing(): string | undefined {
    return this.#sinks.operators.size === 0 ? 'at least one layer' : undefined;
  }
}
