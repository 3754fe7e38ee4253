import type { Checkpointed } from '../../core/checkpoint.ts';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { SpanSink } from '../../core/span-sink.ts';
import type { IngestStatus, SourceCounts } from '../../core/status.ts';
import { MalformedBatch } from '../malformed-batch.ts';
import { SERVER_LABEL, SeriesResolver } from '../series-resolver.ts';
import { SourceCounter } from '../source-counter.ts';
import { applySpans, type BatchResult } from '../span-applier.ts';
import { MAX_AHEAD_MS } from '../span-rules.ts';
import { MAX_SPANS } from '../span-staging.ts';
import type { ExportResult } from './export-response.ts';
import { JsonTraceReader } from './json-trace-reader.ts';
import { MappedRequest } from './mapped-request.ts';
import { MappingSet } from './mapping-set.ts';
import { serverMappings } from './mappings/server-mappings.ts';
import type { MatchRule } from './match-rules.ts';
import { RequestStage } from './request-stage.ts';
import type { MappingDeclaration, Verdict } from './server-mapping.ts';
import { SpanCheckpoint } from './span-checkpoint.ts';
import { SpanMemory } from './span-memory.ts';
import { type SpanVisitor, TraceReader } from './trace-reader.ts';

export interface OtlpIntakeOptions {
  /** How long after its completion a span is still taken. */
  readonly latenessMs: number;
  /** The slice; with the lateness it says how long spans are remembered. */
  readonly intervalMs: number;
  /** Keys of attributes, of spans or resources, that become tags. */
  readonly labels: readonly string[];
  /** UTF-8 bytes that a name or a label's value may have. */
  readonly labelBytes: number;
  /** What the config says of services and models; default: nothing. */
  readonly match?: readonly MatchRule[];
  /** Default: all kinds of servers that are known. */
  readonly mappings?: readonly MappingDeclaration[];
}

/** What became of an export. */
export type ExportReceipt = ExportResult | { readonly kind: 'malformed'; readonly reason: string };

/** The protocols over which OTLP comes; requests keep the place of theirs in this list. */
const SOURCES = ['otlp_grpc', 'otlp_http'] as const;
export type OtlpSource = (typeof SOURCES)[number];

const MAX_NAME = 100;

/**
 * Takes `ExportTraceServiceRequest` messages (OTLP 1): understands each span, counts those that are requests as any
 * other span, and those that are none as ignored, by rule. A message that does not parse leaves no trace but its count.
 */
export class OtlpIntake implements SpanVisitor {
  /** Which spans were counted. */
  readonly checkpoint: Checkpointed;
  readonly #latenessMs: number;
  readonly #sink: SpanSink;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #set: MappingSet;
  readonly #protobuf: TraceReader;
  readonly #json: JsonTraceReader;
  readonly #stage: RequestStage;
  readonly #resolver: SeriesResolver;
  readonly #memory: SpanMemory;
  readonly #counters = SOURCES.map((source) => new SourceCounter(source));
  readonly #request = new MappedRequest();
  /** Of the message that is read: what is counted once it has parsed. */
  readonly #ignored = new Map<Verdict, number>();
  #duplicates = 0;
  #source = 0;
  /** Rules of which an example was logged. */
  readonly #exampled = new Set<Verdict>();

  constructor(options: OtlpIntakeOptions, sink: SpanSink, clock: Clock, log: Logger) {
    const { latenessMs, intervalMs, labels, mappings = serverMappings } = options;
    this.#latenessMs = latenessMs;
    this.#sink = sink;
    this.#clock = clock;
    this.#log = log;
    this.#set = new MappingSet(mappings, options);
    this.#protobuf = new TraceReader(this.#set);
    this.#json = new JsonTraceReader(this.#set);
    this.#stage = new RequestStage(labels.length);
    this.#resolver = new SeriesResolver(this.#set.intern, sink, [...labels, SERVER_LABEL]);
    this.#memory = new SpanMemory(latenessMs + intervalMs);
    this.checkpoint = new SpanCheckpoint(this.#memory, 2 * (latenessMs + intervalMs), clock, log);
  }

  /** Hot. `bytes` may be reused by the caller afterwards. */
  receive(bytes: Uint8Array, source: OtlpSource): ExportReceipt {
    return this.#receive(source, () => this.#protobuf.read(bytes, this));
  }

  /** The same of OTLP's JSON form, as `JSON.parse` gives it. */
  receiveJson(value: unknown, source: OtlpSource): ExportReceipt {
    return this.#receive(source, () => this.#json.read(value, this));
  }

  /** A message that could not be read at all. */
  malformed(reason: string, source: OtlpSource): void {
    this.#counters[SOURCES.indexOf(source)].malformed(reason, this.#clock.wallMs());
  }

  /** A message of metrics or logs: servers that send them to the same address get no error to log. */
  discard(source: OtlpSource): void {
    this.#counters[SOURCES.indexOf(source)].discarded();
  }

  /** Counts the spans that waited long enough for others; to be called now and then. */
  settle(): void {
    const nowMs = this.#clock.wallMs();
    this.#settle(nowMs, nowMs);
  }

  /** Counts all that wait: no more will come. */
  settleAll(): void {
    this.#settle(Number.POSITIVE_INFINITY, this.#clock.wallMs());
  }

  /** Requests that wait for other spans of their trace, and those that had to count sooner. */
  waiting(): Pick<IngestStatus, 'waiting' | 'hurried'> {
    let waiting = 0;
    let hurried = 0;
    for (const held of this.#set.held) {
      waiting += held.waiting;
      hurried += held.evicted;
    }
    return { waiting, hurried };
  }

  counts(): readonly SourceCounts[] {
    return this.#counters.map((counter) => counter.counts());
  }

  /** Hot. The reader has a span in the set's `span`. */
  visitSpan(): void {
    if (this.#memory.knows(this.#set.span)) {
      this.#duplicates++;
      return;
    }
    const verdict = this.#set.map(this.#request, this.#source);
    switch (verdict.kind) {
      case 'request':
        this.#memory.remember(true);
        this.#stage.add(this.#request);
        return;
      case 'hold':
        this.#memory.remember(false);
        return;
      case 'ignored':
        this.#ignored.set(verdict, (this.#ignored.get(verdict) ?? 0) + 1);
        if (!this.#exampled.has(verdict)) this.#logExample(verdict);
    }
  }

  #receive(source: OtlpSource, read: () => void): ExportReceipt {
    const nowMs = this.#clock.wallMs();
    this.#source = SOURCES.indexOf(source);
    const counter = this.#counters[this.#source];
    this.#begin(nowMs);
    try {
      read();
    } catch (error) {
      this.#rollback();
      if (!(error instanceof MalformedBatch)) throw error;
      counter.malformed(error.message, nowMs);
      return { kind: 'malformed', reason: error.message };
    }
    for (const held of this.#set.held) held.commit(nowMs);
    if (this.#duplicates > 0) counter.duplicates(this.#duplicates);
    for (const [{ rule }, spans] of this.#ignored as Map<Verdict & { rule: string }, number>) {
      counter.ignored(rule, spans);
    }
    const { rejected, rejections } = this.#apply(counter, nowMs);
    this.#settle(nowMs, nowMs);
    return { kind: 'taken', rejected, reason: rejections[0]?.reason ?? '' };
  }

  #begin(nowMs: number): void {
    this.#set.intern.trim();
    this.#stage.clear();
    this.#memory.begin(nowMs);
    this.#ignored.clear();
    this.#duplicates = 0;
  }

  #rollback(): void {
    this.#memory.rollback();
    for (const held of this.#set.held) held.rollback();
  }

  #apply(counter: SourceCounter, nowMs: number): BatchResult {
    const { staging } = this.#stage;
    const range = {
      oldestMs: Math.max(nowMs - this.#latenessMs, this.#sink.oldestMs),
      newestMs: nowMs + MAX_AHEAD_MS,
    };
    this.#resolver.refresh();
    const result = applySpans({
      staging,
      intern: this.#set.intern,
      resolver: this.#resolver,
      counter,
      range,
    });
    if (result.accepted > 0) this.#sink.record(staging, nowMs);
    const [first] = result.rejections;
    if (first !== undefined) counter.rejection(first.reason, `request ${first.index} of an export`, nowMs);
    return result;
  }

  /** Requests of one source at a time, because each source has a counter of its own, and no more than a stage holds. */
  #settle(dueMs: number, nowMs: number): void {
    const request = this.#request;
    let staged = this.#source;
    this.#stage.clear();
    for (const held of this.#set.held) {
      for (;;) {
        const verdict = held.settle(dueMs, request);
        if (verdict === undefined) break;
        if (verdict.kind === 'ignored') this.#counters[request.source].ignored(verdict.rule, 1);
        if (verdict.kind !== 'request') continue;
        if (request.source !== staged || this.#stage.staging.count === MAX_SPANS) {
          this.#apply(this.#counters[staged], nowMs);
          this.#stage.clear();
          staged = request.source;
        }
        this.#stage.add(request);
      }
    }
    if (this.#stage.staging.count > 0) this.#apply(this.#counters[staged], nowMs);
  }

  /** What a span looks like that a rule ignores, once for each rule. */
  #logExample(verdict: Extract<Verdict, { kind: 'ignored' }>): void {
    this.#exampled.add(verdict);
    const { span } = this.#set;
    const name = span.nameText.slice(0, MAX_NAME);
    this.#log.debug(
      { rule: verdict.rule, name, kind: span.kind },
      'an example of the spans ignored by a rule',
    );
  }
}
