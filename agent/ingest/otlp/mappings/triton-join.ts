import type { HeldNames } from '../held-names.ts';
import type { MappedRequest } from '../mapped-request.ts';
import { type HeldSpans, REQUEST, type Verdict } from '../server-mapping.ts';
import { dueMs, type WaitLimits } from '../wait-limits.ts';
import { WaitQueue } from '../wait-queue.ts';
import {
  type ComputeSpan,
  describeRequest,
  type ModelSpan,
  type RootSpan,
  type TritonSpan,
} from './triton-spans.ts';

/** Beyond, what waits longest goes first: a root then counts with what is known of it. */
const MAX_SPANS = 32_768;

interface WaitingSpan {
  readonly span: TritonSpan;
  readonly dueMs: number;
}

/**
 * Triton's spans of one request, joined by their parents: the root says when it began and ended, the model right below it
 * names it (models within an ensemble, or called by a model, are parts), and that model's compute span holds the phases.
 * A root that has all of it counts at once, as it does where Triton exports it after its children; else when it has
 * waited, with what is known then.
 */
export class TritonJoin implements HeldSpans {
  readonly #limits: WaitLimits;
  readonly #names: HeldNames;
  readonly #roots = new Map<number, RootSpan>();
  readonly #models = new Map<number, ModelSpan>();
  /** By the key of the parent; the first that came. */
  readonly #modelUnder = new Map<number, ModelSpan>();
  readonly #computeUnder = new Map<number, ComputeSpan>();
  /** Those whose request did not count yet, in the order in which they came. */
  readonly #waiting = new WaitQueue<WaitingSpan>();
  readonly #decided = new WaitQueue<RootSpan>();
  /** Of the message being read. */
  #read: TritonSpan[] = [];
  evicted = 0;

  constructor(limits: WaitLimits, names: HeldNames) {
    this.#limits = limits;
    this.#names = names;
  }

  get waiting(): number {
    return this.#roots.size + this.#decided.length;
  }

  add(span: TritonSpan): void {
    this.#read.push(span);
  }

  commit(nowMs: number): void {
    const read = this.#read;
    this.#read = [];
    for (const span of read) this.#place(span);
    for (const span of read) this.#decide(span, nowMs);
    const due = nowMs + this.#limits.waitMs;
    for (const span of read) if (!span.isDone) this.#waiting.push({ span, dueMs: due });
  }

  rollback(): void {
    this.#read = [];
  }

  settle(nowMs: number, out: MappedRequest): Verdict | undefined {
    const root = this.#decided.shift() ?? this.#expire(nowMs);
    if (root === undefined) return undefined;
    describeRequest(root, out, this.#names);
    return REQUEST;
  }

  #place(span: TritonSpan): void {
    switch (span.kind) {
      case 'root':
        span.model = this.#modelUnder.get(span.key);
        this.#roots.set(span.key, span);
        return;
      case 'model':
        this.#placeModel(span);
        return;
      case 'compute': {
        const model = this.#models.get(span.parentKey);
        if (model !== undefined) model.compute = span;
        this.#computeUnder.set(span.parentKey, span);
        return;
      }
    }
  }

  #placeModel(model: ModelSpan): void {
    model.compute = this.#computeUnder.get(model.key);
    this.#models.set(model.key, model);
    if (this.#modelUnder.has(model.parentKey)) return;
    this.#modelUnder.set(model.parentKey, model);
    const root = this.#roots.get(model.parentKey);
    if (root !== undefined) root.model = model;
  }

  /** Whether the request that the span belongs to can count. */
  #decide(span: TritonSpan, nowMs: number): void {
    const root = this.#rootOf(span);
    if (root === undefined || root.isDone) return;
    const waited = span === root && dueMs(this.#limits, root.request.endMs, nowMs) <= nowMs;
    if (!waited && !this.#isComplete(root, span === root)) return;
    this.#decided.push(root);
    this.#finish(root);
  }

  /** What comes after it, if anything, finds no root, and is forgotten in time. */
  #finish(root: RootSpan): void {
    const { model } = root;
    this.#forget(root);
    if (model !== undefined) this.#forget(model);
    if (model?.compute !== undefined) this.#forget(model.compute);
  }

  #rootOf(span: TritonSpan): RootSpan | undefined {
    if (span.kind === 'root') return span;
    const model = span.kind === 'model' ? span : this.#models.get(span.parentKey);
    return model && this.#roots.get(model.parentKey);
  }

  /** An ensemble computes nothing itself: one with models below it is complete where its root came last. */
  #isComplete(root: RootSpan, cameLast: boolean): boolean {
    const { model } = root;
    if (model === undefined) return false;
    return model.compute !== undefined || (cameLast && this.#modelUnder.has(model.key));
  }

  /** Forgets what has waited for long enough; the first root among it that did not count yet. */
  #expire(nowMs: number): RootSpan | undefined {
    for (;;) {
      const first = this.#waiting.peek();
      const isTooMuch = this.#waiting.length > MAX_SPANS;
      if (first === undefined || (first.dueMs > nowMs && !isTooMuch)) return undefined;
      this.#waiting.shift();
      const { span } = first;
      if (span.isDone) continue;
      if (span.kind !== 'root') this.#forget(span);
      else {
        if (first.dueMs > nowMs) this.evicted++;
        this.#finish(span);
        return span;
      }
    }
  }

  #forget(span: TritonSpan): void {
    span.isDone = true;
    switch (span.kind) {
      case 'root':
        this.#roots.delete(span.key);
        return;
      case 'compute':
        if (this.#computeUnder.get(span.parentKey) === span) this.#computeUnder.delete(span.parentKey);
        return;
      case 'model':
        this.#models.delete(span.key);
        if (this.#modelUnder.get(span.parentKey) === span) this.#modelUnder.delete(span.parentKey);
        return;
    }
  }
}
