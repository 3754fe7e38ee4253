import type { Clock } from '../core/clock.ts';
import { isBaselineName, NAME_RULE } from './baseline-name.ts';
import { type BaselineStore, type KeptBaseline, MAX_BASELINES, MAX_STORED_BYTES } from './baseline-store.ts';
import type { BaselineSummary } from './baseline-summary.ts';
import type { ComparisonPort } from './comparison-port.ts';
import type {
  ComparedSource,
  ComparisonReply,
  ComparisonRequest,
  ComparisonResult,
} from './comparison-protocol.ts';
import type { RangeProgress, RangeRequest, RangeSource, TakenRange } from './range-source.ts';
import { MIN_SLICES } from './recording.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { SeriesSelector } from './series-selector.ts';

/** A document may be this large, in bytes. */
export const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;

/** What is to become a baseline. */
export interface SaveRequest extends RangeRequest {
  /** Takes the place of one of that name. */
  readonly replace?: boolean;
}

export interface SavedBaseline {
  readonly kind: 'saved';
  readonly outcome: 'created' | 'replaced';
  readonly baseline: KeptBaseline;
}

/** A series over a range in Unix ms; without an end, its last minutes. */
export type SeriesQuery = SeriesSelector & Partial<Pick<RangeRequest, 'fromMs' | 'toMs'>>;

export interface ComparisonQuery {
  readonly baseline: string;
  readonly candidate: { readonly baseline: string } | SeriesQuery;
}

export interface BaselinesParts {
  readonly ranges: RangeSource;
  readonly store: BaselineStore;
  readonly port: ComparisonPort;
  readonly clock: Clock;
  /** There are other baselines now. */
  readonly onChange: () => void;
}

/** Saves, keeps and compares baselines: what the HTTP interface offers. */
export class Baselines {
  readonly #parts: BaselinesParts;

  constructor(parts: BaselinesParts) {
    this.#parts = parts;
  }

  list(): Promise<readonly KeptBaseline[]> {
    return this.#parts.store.list();
  }

  /** The document of a baseline. */
  async document(name: string): Promise<string | Refusal> {
    return (await this.#parts.store.document(name)) ?? noSuch(name);
  }

  async remove(name: string): Promise<{ readonly kind: 'removed' } | Refusal> {
    if (!(await this.#parts.store.remove(name))) return noSuch(name);
    await this.#changed(name);
    return { kind: 'removed' };
  }

  /** Keeps a document that came from elsewhere. */
  async put(name: string, text: string, replace: boolean): Promise<SavedBaseline | Refusal> {
    if (!isBaselineName(name)) return refuse('bad_name', `a baseline's name is ${NAME_RULE}`);
    const reply = await this.#parts.port.ask({ kind: 'read', text });
    if (reply.kind === 'refused') return refuse('bad_document', reply.message);
    if (reply.kind !== 'read') return failure(reply);
    return this.#keep(name, { text, summary: reply.summary, replace });
  }

  /** Freezes what a series did in a range that may still lie ahead. */
  async save(name: string, request: SaveRequest): Promise<SavedBaseline | RangeProgress | Refusal> {
    const fault = await this.#faultOf(name, request);
    if (fault !== undefined) return fault;
    const taken = this.#parts.ranges.take(request);
    if (taken.kind !== 'taken') return taken;
    if (taken.range.numbers.length < MIN_SLICES) return tooShort(taken);
    const written = await this.#parts.port.ask({ kind: 'write', name, range: taken.range });
    if (written.kind !== 'written') return failure(written);
    const { text, summary } = written;
    if (summary.requests === 0) return refuse('no_requests', 'no request completed in that time');
    return this.#keep(name, { text, summary, replace: request.replace === true });
  }

  /** The document of what a series did, without keeping it; with an end, once it is complete. */
  async record(query: SeriesQuery): Promise<string | RangeProgress | Refusal> {
    const { ranges, port } = this.#parts;
    const { fromMs, toMs } = query;
    const isRange = fromMs !== undefined && toMs !== undefined;
    const taken = isRange ? ranges.take({ ...query, fromMs, toMs }) : ranges.look(query, query);
    if (taken.kind !== 'taken') return taken;
    const written = await port.ask({ kind: 'write', range: taken.range });
    return written.kind === 'written' ? written.text : failure(written);
  }

  async compare({ baseline, candidate }: ComparisonQuery): Promise<ComparisonResult | Refusal> {
    if ('baseline' in candidate)
      return this.compareSources(baseline, { kind: 'kept', name: candidate.baseline });
    const taken = this.#parts.ranges.look(candidate, candidate);
    if (taken.kind === 'refused') return taken;
    return this.compareSources(baseline, { kind: 'range', range: taken.range });
  }

  /** Hands the thread those baselines that it lacks. A candidate that is a range is given away. */
  async compareSources(
    name: string,
    candidate: ComparedSource,
    confidence?: number,
  ): Promise<ComparisonResult | Refusal> {
    const { port, store } = this.#parts;
    let request: Extract<ComparisonRequest, { kind: 'compare' }> = {
      kind: 'compare',
      baseline: { kind: 'kept', name },
      candidate,
      ...(confidence !== undefined && { confidence }),
    };
    // Each side may be missing once, and one may have to go for the other.
    for (let attempt = 0; attempt < 4; attempt++) {
      const reply = await port.ask(request);
      if (reply.kind === 'compared') return reply.result;
      if (reply.kind !== 'missing') return failure(reply);
      const text = await store.document(reply.name);
      if (text === undefined) return noSuch(reply.name);
      const kept = await port.ask({ kind: 'keep', name: reply.name, text });
      if (kept.kind !== 'done') return failure(kept);
      request = { ...request, candidate: reply.candidate };
    }
    return refuse('failed', 'these two baselines are too large to be compared here; export and compare them');
  }

  async #faultOf(name: string, { fromMs, toMs, replace }: SaveRequest): Promise<Refusal | undefined> {
    if (!isBaselineName(name)) return refuse('bad_name', `a baseline's name is ${NAME_RULE}`);
    const seconds = Math.floor((toMs - fromMs) / 1000);
    if (seconds < MIN_SLICES)
      return refuse('too_short', `a baseline lasts ${MIN_SLICES} s at least, this would be ${seconds} s`);
    const isTaken = (await this.#parts.store.list()).some((kept) => kept.name === name);
    return isTaken && replace !== true ? alreadyThere(name) : undefined;
  }

  async #keep(
    name: string,
    { text, summary, replace }: { text: string; summary: BaselineSummary; replace: boolean },
  ): Promise<SavedBaseline | Refusal> {
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_DOCUMENT_BYTES) {
      const size = `it would be ${Math.ceil(bytes / 2 ** 20)} MiB, ${MAX_DOCUMENT_BYTES / 2 ** 20} are allowed`;
      return refuse('too_large', `${size}: take a shorter time`);
    }
    const baseline = { ...summary, name, savedMs: Math.round(this.#parts.clock.wallMs()), bytes };
    const outcome = await this.#parts.store.put(baseline, text, { replace });
    if (outcome === 'exists') return alreadyThere(name);
    if (outcome === 'full') {
      const bound = `${MAX_BASELINES} baselines and ${MAX_STORED_BYTES / 2 ** 20} MiB`;
      return refuse('full', `there is room for ${bound}: export and delete some`);
    }
    await this.#changed(name);
    return { kind: 'saved', outcome, baseline };
  }

  async #changed(name: string): Promise<void> {
    this.#parts.onChange();
    if (this.#parts.port.isRunning) await this.#parts.port.ask({ kind: 'forget', name });
  }
}

function tooShort({ range: { numbers, sliceMs, fromMs } }: TakenRange): Refusal {
  const sinceMs = (numbers[0] ?? 0) * sliceMs;
  const since = sinceMs > fromMs ? `; its first request came at ${new Date(sinceMs).toISOString()}` : '';
  const got = `only ${numbers.length} s of that time were recorded, ${MIN_SLICES} s are needed`;
  return refuse('too_short', `${got}${since}`);
}

function alreadyThere(name: string): Refusal {
  return refuse(
    'exists',
    `there is a baseline "${name}" already: delete it, replace it, or take another name`,
  );
}

function noSuch(name: string): Refusal {
  return refuse('not_found', `there is no baseline "${name}"`);
}

function failure(reply: ComparisonReply): Refusal {
  const message = 'message' in reply ? reply.message : `bug: the comparison thread answered ${reply.kind}`;
  return refuse('failed', message);
}
