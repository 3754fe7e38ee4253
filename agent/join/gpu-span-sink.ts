import { grown } from '../core/growable.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import { NO_GPU, NO_SERIES, type SpanColumns, type SpanSink } from '../core/span-sink.ts';
import { NO_ACCOUNT } from './account-table.ts';
import type { GpuAttribution } from './gpu-attribution.ts';
import type { JoinState } from './join-state.ts';

/** Phases in which a request occupies a GPU. */
const BUSY_PHASES = new Set(['inference', 'prefill', 'decode']);
const QUEUE_PHASE = 'queue';
/** What a phase id stands for. */
const BUSY = 1;
const QUEUE = 2;

/** Hands spans on to the windows, then notes when each kept a GPU busy: its inference, or all but its queue. */
export class GpuSpanSink implements SpanSink {
  readonly #inner: SpanSink;
  readonly #state: JoinState;
  readonly #attribution: GpuAttribution;
  /** By phase id. */
  #phaseKinds = new Uint8Array(64);
  /** Spans that found no account, the table being full. */
  refusedSpans = 0;
  /** When spans came last, Unix ms. */
  lastSpansMs = Number.NEGATIVE_INFINITY;

  constructor(inner: SpanSink, state: JoinState, attribution: GpuAttribution) {
    this.#inner = inner;
    this.#state = state;
    this.#attribution = attribution;
  }

  get seriesGeneration(): number {
    return this.#inner.seriesGeneration;
  }

  get oldestMs(): number {
    return this.#inner.oldestMs;
  }

  openSeries(tags: SeriesTags): number {
    const id = this.#inner.openSeries(tags);
    this.#state.accounts.learn(id, tags);
    return id;
  }

  /** Before any other, so that none of them is among those that share one id. */
  openBusyPhases(): void {
    for (const name of [...BUSY_PHASES, QUEUE_PHASE]) this.openPhase(name);
  }

  openPhase(name: string): number {
    const id = this.#inner.openPhase(name);
    if (id >= this.#phaseKinds.length) this.#phaseKinds = grown(this.#phaseKinds, id + 1);
    this.#phaseKinds[id] = BUSY_PHASES.has(name) ? BUSY : name === QUEUE_PHASE ? QUEUE : 0;
    return id;
  }

  openGpu(names: string): number {
    const id = this.#state.names.open(names);
    if (id !== NO_GPU) this.#attribution.see(this.#state.names.uuidsOf(id));
    return id;
  }

  /** Hot: test/bench/join.ts. Costs nothing where no GPU has answered yet. */
  record(spans: SpanColumns, nowMs: number): void {
    this.#inner.record(spans, nowMs);
    this.lastSpansMs = nowMs;
    if (!this.#attribution.hasVisible) return;
    const { accounts, book, grid } = this.#state;
    for (let span = 0; span < spans.count; span++) {
      const series = spans.series[span];
      if (series === NO_SERIES) continue;
      const account = accounts.find(series, spans.gpu[span]);
      if (account === NO_ACCOUNT) {
        this.refusedSpans++;
        continue;
      }
      const index = grid.sliceOf(spans.endMs[span]);
      if (index > accounts.lastSlice[account]) accounts.lastSlice[account] = index;
      book.count(account, spans, span);
      this.#markBusy(account, spans, span);
    }
  }

  /** Phases in the order given; each begins where it says, else where the one before it ended. */
  #markBusy(account: number, spans: SpanColumns, span: number): void {
    const { phase, phaseNs, phaseOffsetNs, phaseStart } = spans;
    const { book } = this.#state;
    const durationNs = spans.durationNs[span];
    const startMs = spans.endMs[span] - durationNs / 1e6;
    const end = phaseStart[span + 1];
    let atNs = 0;
    let queueFromNs = 0;
    let queueToNs = 0;
    let hasBusyPhase = false;
    for (let i = phaseStart[span]; i < end; i++) {
      const offsetNs = phaseOffsetNs[i];
      const fromNs = offsetNs >= 0 ? offsetNs : atNs;
      const toNs = fromNs + phaseNs[i];
      atNs = toNs;
      const kind = this.#phaseKinds[phase[i]];
      if (kind === BUSY) {
        hasBusyPhase = true;
        book.mark(account, startMs + fromNs / 1e6, startMs + Math.min(toNs, durationNs) / 1e6);
      } else if (kind === QUEUE) {
        queueFromNs = fromNs;
        queueToNs = Math.min(toNs, durationNs);
      }
    }
    if (hasBusyPhase) return;
    book.mark(account, startMs, startMs + queueFromNs / 1e6);
    book.mark(account, startMs + queueToNs / 1e6, startMs + durationNs / 1e6);
  }
}
