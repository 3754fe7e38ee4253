import { expect } from 'chai';
import type { Point } from '../../agent/core/point.ts';
import type { WindowOptions } from '../../agent/window/window-state.ts';
import { checkFinals } from './check-finals.ts';
import { checkFields } from './check-point.ts';
import { checkTotals, TOTAL_BOUNDS_SECONDS } from './check-totals.ts';
import { EmissionLog } from './emission-log.ts';
import { HISTOGRAM_DELAY, MinuteChecks } from './minute-checks.ts';
import type { Action, SpanDraw } from './model-actions.ts';
import { type Observation, ReferenceWindows } from './reference-windows.ts';
import type { TestSpan } from './span-batch.ts';
import { watchedShare, watchedSince } from './watched-share.ts';
import { WindowHarness } from './window-harness.ts';

const OBJECTIVE_MS = 120;
const MAX_AHEAD_MS = 5000;
/** A smaller step of the clock counts as slewing. */
const MAX_SLEW_MS = 1000;
/** The test's clock moves a little at each look. */
const COVERAGE_TOLERANCE = 0.03;

interface Saved {
  readonly observed: readonly Observation[];
  readonly log: EmissionLog;
  readonly watched: readonly (readonly [number, number])[];
  readonly flushedEnd: number;
  readonly sealed: ReadonlySet<string>;
  readonly doubtfulEnd: number;
}

/** Runs actions on an aggregator and on the reference, and compares all that is written. */
export class ModelRun {
  readonly #harness: WindowHarness;
  readonly #reference: ReferenceWindows;
  readonly #minutes: MinuteChecks;
  /** Since the series was opened in this process. */
  #totals = new Map<string, Observation[]>();
  #log = new EmissionLog();
  #watched: [number, number][] = [];
  #flush = 0;
  #flushedEnd = 0;
  #saved: Saved | undefined;
  /** Windows that were written before the clock was set back. */
  #sealed = new Set<string>();
  /** Up to here ends may have been sealed: nothing is demanded. */
  #doubtfulEnd = 0;

  constructor(options: Partial<WindowOptions>) {
    this.#harness = new WindowHarness(
      {
        ...options,
        objectives: [{ model: 'm1', latencyMs: OBJECTIVE_MS }],
        histogram: { boundsPerOctave: 4, delaySlices: HISTOGRAM_DELAY },
      },
      0.4,
    );
    this.#reference = new ReferenceWindows(this.#harness.options.intervalMs, OBJECTIVE_MS);
    this.#minutes = new MinuteChecks(this.#reference, this.#harness.options.intervalMs);
  }

  async run(actions: readonly Action[]): Promise<void> {
    await this.#harness.start();
    this.#begin();
    for (const next of actions) await this.#apply(next);
    const { latenessMs, windowsMs } = this.#harness.options;
    const endMs = this.#now + latenessMs + 2 * Math.max(...windowsMs);
    while (this.#now < endMs) {
      this.#harness.clock.advance(this.#harness.options.intervalMs);
      await this.#flushNow([]);
    }
    this.#harness.close();
  }

  get #now(): number {
    return this.#harness.clock.wallMs();
  }

  async #apply(next: Action): Promise<void> {
    const { options, clock } = this.#harness;
    switch (next.kind) {
      case 'record':
        return this.#record(next.spans);
      case 'flush':
        return this.#flushNow(next.between);
      case 'wait':
        return clock.advance(next.share * options.intervalMs);
      case 'capture':
        return this.#capture(next.commit);
      case 'crash':
        return this.#crash(next.share * options.intervalMs);
      case 'stepForward':
      case 'stepBack':
        return this.#step((next.kind === 'stepBack' ? -1 : 1) * next.share * options.intervalMs);
      case 'idle':
        for (let minute = 0; minute < 17; minute++) {
          clock.advance(60_000);
          await this.#flushNow([]);
        }
    }
  }

  #record(draws: readonly SpanDraw[]): void {
    const { clock, aggregator, options } = this.#harness;
    const nowMs = clock.wallMs();
    const oldestMs = Math.max(nowMs - options.latenessMs, aggregator.oldestMs);
    const newestMs = nowMs + MAX_AHEAD_MS;
    if (oldestMs > newestMs) return;
    for (const draw of draws) {
      const { model: index, at, copies, phases, ...rest } = draw;
      const model = `m${index}`;
      const lateMs = oldestMs + (newestMs - oldestMs) * at;
      const endMs = at === 0.9 ? Math.max(oldestMs, nowMs) : lateMs;
      const observation: Observation = { ...rest, model, endMs, phases };
      const own: TestSpan = {
        ...rest,
        endMs,
        series: this.#harness.series(model),
        phases: Object.entries(phases).map(([name, ns]) => ({ phase: aggregator.openPhase(name), ns })),
      };
      this.#harness.record(...Array.from({ length: copies }, () => own));
      for (let i = 0; i < copies; i++) {
        this.#reference.observed.push(observation);
        const totals = this.#totals.get(model) ?? [];
        totals.push(observation);
        this.#totals.set(model, totals);
      }
    }
  }

  async #flushNow(between: readonly SpanDraw[]): Promise<void> {
    const { aggregator, options, clock } = this.#harness;
    const nowMs = clock.wallMs();
    this.#flush++;
    const target = this.#reference.sliceOf(nowMs - options.graceMs);
    if (target < this.#flushedEnd) this.#rewind(nowMs);
    this.#watch();
    const finalBefore = aggregator.oldestMs / options.intervalMs;
    let pending = between;
    this.#harness.onYield = () => {
      this.#record(pending);
      pending = [];
    };
    const written = new Set<string>();
    await aggregator.flush(nowMs, (points) => {
      for (const point of points) {
        if (point.series.measurement === 'inference_histogram') this.#checkHistogram(point);
        else this.#checkPoint(point, { target, finalBefore, written });
      }
    });
    this.#harness.onYield = () => {};
    const keptMs = this.#minutes.keptSlices * options.intervalMs;
    this.#watched = watchedSince(this.#watched, aggregator.oldestMs - Math.max(keptMs, ...options.windowsMs));
    this.#flushedEnd = target;
    const final = aggregator.oldestMs / options.intervalMs;
    const known = { log: this.#log, doubtfulEnd: this.#doubtfulEnd };
    checkFinals({ ...known, reference: this.#reference, lengths: this.#harness.lengths }, finalBefore, final);
    this.#minutes.checkAll(known, finalBefore, final);
    this.#checkTotals();
  }

  #checkPoint(
    point: Point,
    { target, finalBefore, written }: { target: number; finalBefore: number; written: Set<string> },
  ): void {
    const { intervalMs, latenessMs } = this.#harness.options;
    const { tags } = point.series;
    const model = String(tags['model']);
    const end = point.timestampMs / intervalMs;
    const length = this.#harness.length(String(tags['window']));
    const inWindow = this.#reference.spansIn(model, length.slices, end);
    const windowSeconds = (length.slices * intervalMs) / 1000;
    const fields = definedFields(point.fields);
    this.#checkCoverage(fields['coverage_ratio'], end, length.slices);
    expect(end % length.hop, 'a window moves by its hop').to.equal(0);
    expect(end, 'nothing is written before its time').to.be.at.most(target);
    if (tags['phase'] !== undefined) {
      checkFields(fields, this.#reference.phases(inWindow)[String(tags['phase'])] ?? {}, windowSeconds);
      return;
    }
    const expected = this.#reference.inference(inWindow);
    checkFields(fields, model === 'm1' ? expected : { ...expected, slo_ratio: undefined }, windowSeconds);
    const key = `${model} ${length.name} ${end}`;
    expect(
      this.#sealed.has(`${length.name} ${end}`),
      `${key} was written before the clock was set back`,
    ).to.equal(false);
    expect(written.has(key), `${key} twice in one flush`).to.equal(false);
    written.add(key);
    const before = this.#log.write(key, inWindow.length, this.#flush);
    if (before === undefined) return;
    expect(before.times, `${key} is written twice at most`).to.equal(1);
    expect(end, `${key} again when it is final`).to.be.above(finalBefore);
    expect(end * intervalMs + latenessMs).to.be.at.most(this.#now);
    const previous = this.#log.find(`${model} ${length.name} ${end - length.hop}`);
    const closes = inWindow.length === 0 && previous?.times === 2;
    if (!closes) expect(inWindow.length, `${key} again only when it changed`).to.be.above(before.requests);
  }

  #checkHistogram(point: Point): void {
    const { aggregator, options } = this.#harness;
    const end = point.timestampMs / options.intervalMs;
    const coverage = this.#minutes.check(point, {
      log: this.#log,
      flush: this.#flush,
      finalEnd: aggregator.oldestMs / options.intervalMs,
    });
    if (coverage === undefined) return;
    expect(this.#sealed.has(`histogram ${end}`), 'written before the clock was set back').to.equal(false);
    this.#checkCoverage(coverage, end, this.#minutes.slices);
  }

  #checkCoverage(actual: unknown, end: number, slices: number): void {
    const { intervalMs } = this.#harness.options;
    const share = watchedShare(this.#watched, [(end - slices) * intervalMs, end * intervalMs]);
    expect(actual, 'coverage').to.be.closeTo(share, COVERAGE_TOLERANCE);
  }

  #checkTotals(): void {
    const seen = new Set<string>();
    for (const totals of this.#harness.aggregator.readTotals(TOTAL_BOUNDS_SECONDS)) {
      const { model } = totals.tags;
      seen.add(model);
      checkTotals(totals, this.#totals.get(model) ?? []);
    }
    for (const model of this.#totals.keys()) if (!seen.has(model)) this.#totals.delete(model);
  }

  async #capture(commit: boolean): Promise<void> {
    if (!commit) {
      this.#harness.abandon();
      return;
    }
    this.#watch();
    this.#saved = {
      observed: [...this.#reference.observed],
      log: this.#log.copy(),
      watched: this.#watched.map(([from, to]) => [from, to]),
      flushedEnd: this.#flushedEnd,
      sealed: new Set(this.#sealed),
      doubtfulEnd: this.#doubtfulEnd,
    };
    await this.#harness.commit();
  }

  async #crash(downMs: number): Promise<void> {
    if (this.#saved === undefined) return;
    const { observed, log, watched, flushedEnd, sealed, doubtfulEnd } = this.#saved;
    this.#harness.clock.advance(downMs);
    this.#reference.observed = [...observed];
    this.#log = log.copy();
    this.#sealed = new Set(sealed);
    this.#doubtfulEnd = doubtfulEnd;
    this.#watched = watched.map(([from, to]) => [from, to]);
    this.#totals.clear();
    this.#flushedEnd = flushedEnd;
    const target = this.#reference.sliceOf(this.#now - this.#harness.options.graceMs);
    const newest = this.#reference.sliceOf(this.#now + MAX_AHEAD_MS);
    this.#reference.observed = this.#reference.observed.filter(
      ({ endMs }) => this.#reference.sliceOf(endMs) <= newest,
    );
    if (target < this.#flushedEnd) this.#rewind(this.#now);
    await this.#harness.restart();
    this.#watched.push([this.#now, this.#now]);
  }

  async #step(deltaMs: number): Promise<void> {
    this.#watch();
    this.#harness.clock.step(deltaMs);
    if (Math.abs(deltaMs) > MAX_SLEW_MS) this.#watched.push([this.#now, this.#now]);
    await this.#flushNow([]);
  }

  /** The clock was set back: what was written stays, and what lies ahead is forgotten. */
  #rewind(nowMs: number): void {
    const current = this.#reference.sliceOf(nowMs);
    this.#reference.observed = this.#reference.observed.filter(
      ({ endMs }) => this.#reference.sliceOf(endMs) < current,
    );
    for (const key of this.#log.keys()) this.#sealed.add(key.slice(key.indexOf(' ') + 1));
    this.#log = new EmissionLog();
    this.#watched = this.#watched.map(([from, to]) => [Math.min(from, nowMs), Math.min(to, nowMs)]);
    this.#doubtfulEnd = Math.max(this.#doubtfulEnd, this.#flushedEnd + 100);
  }

  #begin(): void {
    this.#watched.push([this.#now, this.#now]);
    this.#flushedEnd = this.#reference.sliceOf(this.#now - this.#harness.options.graceMs);
    this.#doubtfulEnd = this.#reference.sliceOf(this.#now);
  }

  #watch(): void {
    const last = this.#watched[this.#watched.length - 1];
    if (last !== undefined) last[1] = Math.max(last[1], this.#now);
  }
}

function definedFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
