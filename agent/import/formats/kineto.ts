import type { Fields } from '../json-elements.ts';
import { ThreadIds } from '../thread-ids.ts';
import { numberOf, type TraceFormat, type TraceReader, type TraceSinks } from '../trace-format.ts';

/** Categories of events on the threads of the CPU, in the spellings of PyTorch 1.8 to now. */
const ON_CPU = /^(cpu_op|user_annotation|operator|runtime|\w+_(runtime|driver))$/i;
/** Of those on the GPU. Annotations there span kernels that count by themselves. */
const ON_GPU = /^(kernel|(gpu_)?mem(cpy|set))$/i;
const STEP = /^ProfilerStep#\d+$/;
/** As torch's own table names the steps, whatever their number. */
const ANY_STEP = 'ProfilerStep*';
const COMPLETE = 'X';

/**
 * `torch.profiler`'s `export_chrome_trace` (Kineto): events in the Trace Event Format, times in µs. A `ProfilerStep#N` is
 * a run of the model, so it is a request too; as in torch's `key_averages()` it is an operator as well, whose own time is
 * what Python took between the others.
 */
export const kineto: TraceFormat = {
  kind: 'kineto',
  title: 'a trace of torch.profiler (export_chrome_trace)',
  profiler: 'torch',
  shape: 'events',
  recognises: (element) => typeof element['ph'] === 'string',
  createReader: (sinks) => new KinetoReader(sinks),
};

class KinetoReader implements TraceReader {
  readonly #sinks: TraceSinks;
  readonly #threads = new ThreadIds();
  /** Times are kept since the first, so that they stay exact. */
  #originUs: number | undefined;
  #baseMs = 0;
  #operators = 0;
  iterations = 0;

  constructor(sinks: TraceSinks) {
    this.#sinks = sinks;
  }

  /** Before PyTorch 2.2 events had times since the epoch themselves. */
  get epochMs(): number {
    return this.#baseMs;
  }

  member(name: string, value: unknown): void {
    if (name === 'baseTimeNanoseconds' && Number.isFinite(value)) this.#baseMs = Number(value) / 1e6;
  }

  take(event: Fields): string | undefined {
    const { ph, cat, name } = event;
    if (typeof ph !== 'string') return 'an event with its phase, "ph"';
    if (ph !== COMPLETE || typeof cat !== 'string') return undefined;
    const isCpu = ON_CPU.test(cat);
    if (!isCpu && !ON_GPU.test(cat)) return undefined;
    const [startUs, durationUs] = [numberOf(event['ts']), numberOf(event['dur'])];
    if (typeof name !== 'string' || startUs === undefined || durationUs === undefined)
      return 'an event with "name", and with "ts" and "dur" in microseconds';
    if (durationUs < 0) this.#sinks.skip('events of negative duration');
    else if (isCpu) this.#takeCpu(event, name, startUs, durationUs);
    else this.#takeKernel(name, durationUs);
    return undefined;
  }

  missing(): string | undefined {
    return this.#operators === 0 ? 'operators or kernels of torch.profiler among its events' : undefined;
  }

  #takeCpu(event: Fields, name: string, startUs: number, durationUs: number): void {
    const { operators, intervals, requests } = this.#sinks;
    this.#operators++;
    this.#originUs ??= startUs;
    const isStep = STEP.test(name);
    if (isStep) {
      this.iterations++;
      requests.add({ startMs: startUs / 1e3, durationMs: durationUs / 1e3, phases: {} });
    }
    intervals.add({
      thread: this.#threads.of(event['pid'], event['tid']),
      operator: operators.id(isStep ? ANY_STEP : name, 'cpu'),
      startNs: Math.round((startUs - this.#originUs) * 1e3),
      durationNs: Math.round(durationUs * 1e3),
    });
  }

  #takeKernel(name: string, durationUs: number): void {
    const { operators } = this.#sinks;
    this.#operators++;
    const durationNs = Math.round(durationUs * 1e3);
    operators.add(operators.id(name, 'cuda'), durationNs, durationNs);
  }
}
