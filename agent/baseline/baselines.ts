import type { Clock } from '../core/clock.ts';
import { isBaselineName, NAME_RULE } from './baseline-name.ts';
import { type BaselineStore, type KeptBaseline, MAX_BASELINES, MAX_STORED_BYTES } from './baseline-store.ts';
import type { BaselineSummary } from './baseline-summary.ts';
import type { ComparisonPort } from './comparison-port.ts';
import type { ComparedSource, ComparisonReply, ComparisonResult } from './comparison-protocol.ts';
import type { Followed } from './followed-series.ts';
import type { RecordedRange } from './recorded-range.ts';
import { findRecorded } from './recorded-series.ts';
import { MIN_SLICES } from './recording.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { SeriesRecorder } from './series-recorder.ts';
import type { SeriesSelector } from './series-selector.ts';

/** A document may be this large, in bytes. */
export const MAX_DOCUMENT_BYTES = 16 * 2 ** 20;
/** How far back a candidate reaches if nobody says otherwise. */
const TRAILING_MS = 300_000;
/** How long after a save could be done someone may come for it. */
const PATIENCE_MS = 60_000;

/** What is to become a baseline. */
export interface SaveRequest extends SeriesSelector {
  readonly fromMs: number;
  readonly toMs: number;
  /** Takes the place of one of that name. */
  readonly replace?: boolean;
}

export interface SavedBaseline {
  readonly kind: 'saved';
  readonly outcome: 'created' | 'replaced';
  readonly baseline: KeptBaseline;
}

/** It cannot be saved yet: ask again at `readyMs`. The series is recorded in the meantime. */
export interface SaveProgress {
  readonly kind: 'waiting';
  readonly readyMs: number;
  readonly nowMs: number;
  /** Watched so far, and of these with requests. */
  readonly slices: number;
  readonly active: number;
}

export interface ComparisonQuery {
  readonly baseline: string;
  readonly candidate: { readonly baseline: string } | CandidateSeries;
}

/** A series over a range; absent: the last five minutes. */
interface CandidateSeries extends SeriesSelector {
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface BaselinesParts {
  readonly recorder: SeriesRecorder;
  readonly store: BaselineStore;
  readonly port: ComparisonPort;
  readonly clock: Clock;
  /** How long after its end a window's GPU figures come; undefined: none come. */
  readonly gpuDelayMs: () => number | undefined;
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
  async save(name: string, request: SaveRequest): Promise<SavedBaseline | SaveProgress | Refusal> {
    const { recorder, port, clock } = this.#parts;
    const fault = await this.#faultOf(name, request);
    if (fault !== undefined) return fault;
    const nowMs = clock.wallMs();
    recorder.followed.want(request, nowMs, this.#readyMs(request.toMs) + PATIENCE_MS);
    const found = findRecorded(recorder, request);
    if (found.kind === 'refused') return found;
    const range = recorder.read(found.followed, request.fromMs, request.toMs);
    const readyMs = this.#readyMs(request.toMs);
    if (nowMs < readyMs) return { kind: 'waiting', readyMs, nowMs, ...progressOf(range) };
    if (range.numbers.length < MIN_SLICES) return this.#tooShort(found.followed, range);
    const reply = await port.ask({ kind: 'write', name, range });
    if (reply.kind !== 'written') return failure(reply);
    if (reply.summary.requests === 0) return refuse('no_requests', 'no request completed in that time');
    const { text, summary } = reply;
    return this.#keep(name, { text, summary, replace: request.replace === true });
  }

  async compare(query: ComparisonQuery): Promise<ComparisonResult | Refusal> {
    const { candidate } = query;
    if ('baseline' in candidate)
      return this.compareSources(query.baseline, { kind: 'kept', name: candidate.baseline });
    const { recorder, clock } = this.#parts;
    const found = findRecorded(recorder, candidate);
    if (found.kind === 'refused') return found;
    const toMs = candidate.toMs ?? recorder.settledMs(clock.wallMs());
    const range = recorder.read(found.followed, candidate.fromMs ?? toMs - TRAILING_MS, toMs);
    return this.compareSources(query.baseline, { kind: 'range', range });
  }

  /** Hands the thread those baselines that it lacks. */
  async compareSources(name: string, candidate: ComparedSource): Promise<ComparisonResult | Refusal> {
    const { port, store } = this.#parts;
    const baseline: ComparedSource = { kind: 'kept', name };
    // Each side may be missing once, and one may have to go for the other.
    for (let attempt = 0; attempt < 4; attempt++) {
      const reply = await port.ask({ kind: 'compare', baseline, candidate });
      if (reply.kind === 'compared') return reply.result;
      if (reply.kind !== 'missing') return failure(reply);
      const text = await store.document(reply.name);
      if (text === undefined) return noSuch(reply.name);
      const taken = await port.ask({ kind: 'keep', name: reply.name, text });
      if (taken.kind !== 'done') return failure(taken);
    }
    return refuse('failed', 'these two baselines are too large to be compared here; export and compare them');
  }

  /** Series of the models that have baselines are recorded first. */
  preferModels(): void {
    const { store, recorder, clock } = this.#parts;
    const models = new Set(store.known().map(({ series }) => series.model));
    recorder.followed.prefer(models, clock.wallMs());
  }

  async #faultOf(name: string, { fromMs, toMs, replace }: SaveRequest): Promise<Refusal | undefined> {
    if (!isBaselineName(name)) return refuse('bad_name', `a baseline's name is ${NAME_RULE}`);
    const { recorder, clock, store } = this.#parts;
    const { keepMs } = recorder.status();
    const seconds = Math.floor((toMs - fromMs) / 1000);
    if (seconds < MIN_SLICES)
      return refuse('too_short', `a baseline lasts ${MIN_SLICES} s at least, this would be ${seconds} s`);
    const readyMs = this.#readyMs(toMs);
    if (Math.max(readyMs, clock.wallMs()) - fromMs > keepMs) {
      const settling = `and late requests need ${Math.round((readyMs - toMs) / 1000)} s to come`;
      return refuse('bad_range', `recordings reach back ${keepMs / 1000} s (baseline.keep), ${settling}`);
    }
    const isTaken = (await store.list()).some((kept) => kept.name === name);
    return isTaken && replace !== true ? taken(name) : undefined;
  }

  #readyMs(toMs: number): number {
    const { recorder, clock, gpuDelayMs } = this.#parts;
    const nowMs = clock.wallMs();
    return toMs + Math.max(nowMs - recorder.settledMs(nowMs), gpuDelayMs() ?? 0);
  }

  #tooShort({ fromMs }: Followed, { numbers, fromMs: askedMs }: RecordedRange): Refusal {
    const since = fromMs > askedMs ? `; the series is recorded since ${new Date(fromMs).toISOString()}` : '';
    const got = `only ${numbers.length} s of that time were recorded, ${MIN_SLICES} s are needed`;
    return refuse('too_short', `${got}${since}`);
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
    if (outcome === 'exists') return taken(name);
    if (outcome === 'full') {
      const bound = `${MAX_BASELINES} baselines and ${MAX_STORED_BYTES / 2 ** 20} MiB`;
      return refuse('full', `there is room for ${bound}: export and delete some`);
    }
    await this.#changed(name);
    return { kind: 'saved', outcome, baseline };
  }

  async #changed(name: string): Promise<void> {
    this.preferModels();
    await this.#parts.port.ask({ kind: 'forget', name });
  }
}

function progressOf({ numbers, ends }: RecordedRange): { slices: number; active: number } {
  let active = 0;
  for (let index = 0; index < ends.length; index++) if (ends[index] > (ends[index - 1] ?? 0)) active++;
  return { slices: numbers.length, active };
}

function taken(name: string): Refusal {
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
