import { MappedRequest } from '../../../agent/ingest/otlp/mapped-request.ts';
import { MappingSet, type MappingSetOptions } from '../../../agent/ingest/otlp/mapping-set.ts';
import { serverMappings } from '../../../agent/ingest/otlp/mappings/server-mappings.ts';
import type { Verdict } from '../../../agent/ingest/otlp/server-mapping.ts';
import { TraceReader } from '../../../agent/ingest/otlp/trace-reader.ts';
import { encodeExport } from './otlp-codec.ts';
import { type ExportWords, exportOf, START_MS } from './span-builder.ts';

const STATUS = ['unspecified', 'ok', 'error'];

/** A request as a mapping understood it, unknown things left out. */
export interface RequestWords {
  readonly model?: string;
  readonly variant?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly server?: string;
  readonly latencyNs?: number;
  readonly status?: string;
  readonly ttftNs?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly batchSize?: number;
  readonly weight?: number;
  /** Name → duration, or duration and offset from the request's start. */
  readonly phases?: Readonly<Record<string, number | readonly [number, number]>>;
}

/** All mappings as the agent has them, and what they make of exports. */
export class MappedSpans {
  readonly requests: RequestWords[] = [];
  /** Names of rules, one for each ignored span. */
  readonly ignored: string[] = [];
  readonly set: MappingSet;
  /** How many spans wait. */
  waiting = 0;
  readonly #reader: TraceReader;
  readonly #request = new MappedRequest();

  constructor(options: Partial<MappingSetOptions> = {}) {
    this.set = new MappingSet(serverMappings, { labels: [], labelBytes: 256, ...options });
    this.#reader = new TraceReader(this.set);
  }

  /** Requests that counted early, because too many waited. */
  get evicted(): number {
    return this.set.held.reduce((sum, held) => sum + held.evicted, 0);
  }

  /** An export that arrives so long after `START_MS`. */
  receive(words: ExportWords, afterMs = 1000): this {
    this.set.intern.trim();
    this.#reader.read(encodeExport(exportOf(words)), { visitSpan: () => this.#take(this.#map()) });
    for (const held of this.set.held) held.commit(START_MS + afterMs);
    return this.settle(afterMs);
  }

  /** An export of which a part is read, then found to be malformed. */
  receiveMalformed(words: ExportWords): this {
    this.#reader.read(encodeExport(exportOf(words)), { visitSpan: () => this.#map() });
    for (const held of this.set.held) held.rollback();
    return this;
  }

  settle(afterMs: number): this {
    for (const held of this.set.held) {
      for (;;) {
        const verdict = held.settle(START_MS + afterMs, this.#request);
        if (verdict === undefined) break;
        this.waiting--;
        this.#take(verdict);
      }
    }
    return this;
  }

  #map(): Verdict {
    return this.set.map(this.#request, 0);
  }

  #take(verdict: Verdict): void {
    if (verdict.kind === 'hold') this.waiting++;
    else if (verdict.kind === 'ignored') this.ignored.push(verdict.rule);
    else this.requests.push(this.#words());
  }

  #words(): RequestWords {
    const request = this.#request;
    const { intern } = this.set;
    const words = {
      model: intern.text(request.modelId),
      variant: intern.text(request.variantId),
      version: intern.text(request.versionId),
      operation: intern.text(request.operationId),
      server: intern.text(request.serverId),
      latencyNs: request.latencyNs,
      status: STATUS[request.status],
      ttftNs: request.ttftNs,
      inputTokens: request.inputTokens,
      outputTokens: request.outputTokens,
      batchSize: request.batchSize,
      ...(request.weight !== 1 && { weight: request.weight }),
      ...(request.phaseCount > 0 && { phases: this.#phases() }),
    };
    const known = Object.entries(words).filter(([, value]) => value !== '' && !Number.isNaN(value));
    return Object.fromEntries(known);
  }

  #phases(): Record<string, number | readonly [number, number]> {
    const { phaseCount, phaseIds, phaseNs, phaseOffsetNs } = this.#request;
    const indexes = Array.from({ length: phaseCount }, (_, k) => k);
    return Object.fromEntries(
      indexes.map((k) => {
        const offsetNs = phaseOffsetNs[k];
        return [
          this.set.intern.text(phaseIds[k]),
          Number.isNaN(offsetNs) ? phaseNs[k] : [phaseNs[k], offsetNs],
        ];
      }),
    );
  }
}
