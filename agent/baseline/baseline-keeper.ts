import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { BaselineStatus } from '../core/status.ts';
import type { BaselineStore } from './baseline-store.ts';
import type { ComparisonPort } from './comparison-port.ts';
import type { Emit, LiveComparisons } from './live-comparisons.ts';
import type { SeriesRecorder } from './series-recorder.ts';

export interface KeeperParts {
  readonly recorder: SeriesRecorder;
  readonly store: BaselineStore;
  readonly port: ComparisonPort;
  readonly live: LiveComparisons;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The life of recordings and baselines. Trouble with the file of baselines never keeps spans out. */
export class BaselineKeeper implements Component, HealthSource {
  readonly name = 'baseline';
  readonly #parts: KeeperParts;
  #failure: Degradation | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Begins to record. The file is opened only where there is one: without baselines it costs nothing. */
  async start(): Promise<void> {
    const { recorder, store, clock, log } = this.#parts;
    recorder.start();
    try {
      await store.list();
      this.preferModels();
    } catch (error) {
      const reason = `the baselines cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      log.error({ err: error }, reason);
      this.#failure = { component: 'baseline', reason, sinceMs: clock.wallMs() };
    }
  }

  /** Series of the models that have baselines are recorded first. */
  preferModels(): void {
    const { store, recorder, clock } = this.#parts;
    recorder.followed.prefer(new Set(store.known().map(({ series }) => series.model)), clock.wallMs());
  }

  /** Closes slices and emits comparisons; once an interval. */
  async flush(nowMs: number, emit: Emit): Promise<void> {
    await this.#parts.recorder.flush(nowMs);
    this.#parts.live.flush(nowMs, emit);
  }

  async stop(): Promise<void> {
    const { live, port } = this.#parts;
    const stopped = live.stop();
    await port.end();
    await stopped;
  }

  degradations(): readonly Degradation[] {
    return this.#failure === undefined ? [] : [this.#failure];
  }

  status(): BaselineStatus {
    const { recorder, store, live } = this.#parts;
    const kept = store.known();
    return {
      ...recorder.status(),
      baselines: kept.length,
      baselineBytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
      comparisons: live.pairs,
      comparisonsWaiting: live.waiting,
    };
  }
}
