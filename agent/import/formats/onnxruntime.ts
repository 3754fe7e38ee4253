import type { Fields } from '../json-elements.ts';
import { ThreadIds } from '../thread-ids.ts';
import { numberOf, type TraceFormat, type TraceReader, type TraceSinks } from '../trace-format.ts';

const CATEGORIES = new Set(['Session', 'Node', 'Kernel', 'Api']);
/** A node's own event; older releases have others of it around, of waiting for memory. */
const NODE_EVENT = /^(.+)_kernel_time$/;

/**
 * ONNX Runtime's profile (`enable_profiling`): a list of trace events, times in whole µs since the session began. Nodes
 * are the operators, by their names in the graph: what a node of another device than the CPU shows is the time of the
 * call. `Kernel` events are what ran on the GPU. A `model_run` is a request.
 */
export const onnxruntime: TraceFormat = {
  kind: 'onnxruntime',
  title: 'a profile of ONNX Runtime',
  profiler: 'onnxruntime',
  shape: 'list',
  recognises: ({ cat, ph }) => typeof ph === 'string' && CATEGORIES.has(String(cat)),
  createReader: (sinks) => new OnnxruntimeReader(sinks),
};

class OnnxruntimeReader implements TraceReader {
  readonly #sinks: TraceSinks;
  readonly #threads = new ThreadIds();
  #found = 0;
  iterations = 0;

  constructor(sinks: TraceSinks) {
    this.#sinks = sinks;
  }

  take(event: Fields): string | undefined {
    const { cat, name } = event;
    const [startUs, durationUs] = [numberOf(event['ts']), numberOf(event['dur'])];
    if (typeof cat !== 'string' || typeof name !== 'string') return 'an event with "cat" and "name"';
    if (startUs === undefined || durationUs === undefined)
      return 'an event with "ts" and "dur" in microseconds';
    if (durationUs < 0) this.#sinks.skip('events of negative duration');
    else if (cat === 'Session') this.#takeSession(name, startUs, durationUs);
    else if (cat === 'Node') this.#takeNode(event, name, startUs, durationUs);
    else if (cat === 'Kernel') this.#takeKernel(name, durationUs);
    return undefined;
  }

  missing(): string | undefined {
    return this.#found === 0 ? 'nodes or runs of a model among its events' : undefined;
  }

  #takeSession(name: string, startUs: number, durationUs: number): void {
    if (name !== 'model_run') return;
    this.#found++;
    this.iterations++;
    this.#sinks.requests.add({ startMs: startUs / 1e3, durationMs: durationUs / 1e3, phases: {} });
  }

  /** Nodes of a subgraph lie within the node that runs it. */
  #takeNode(event: Fields, name: string, startUs: number, durationUs: number): void {
    const node = NODE_EVENT.exec(name)?.[1];
    if (node === undefined) return;
    this.#found++;
    this.#sinks.intervals.add({
      thread: this.#threads.of(event['pid'], event['tid']),
      operator: this.#sinks.operators.id(node, 'cpu'),
      startNs: startUs * 1e3,
      durationNs: durationUs * 1e3,
    });
  }

  #takeKernel(name: string, durationUs: number): void {
    const { operators } = this.#sinks;
    this.#found++;
    operators.add(operators.id(name, 'cuda'), durationUs * 1e3, durationUs * 1e3);
  }
}
