import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { Point } from '../core/point.ts';
import type { Checkpointer } from './checkpointer.ts';

export interface FlushParts {
  /** The windows: what is due is emitted in pieces, ingest goes on in between. */
  readonly windows: {
    nextFlushMs(): number;
    flush(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void>;
    finish(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void>;
  };
  /** What requests took of GPUs, once their windows are final. */
  readonly join:
    | { flush(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void> }
    | undefined;
  /** What is recorded of series and compared with baselines; after the join, whose points it notes. */
  readonly baselines: { flush(nowMs: number, emit: (points: readonly Point[]) => void): Promise<void> };
  /** Points that are not windowed: what the samplers read since the last flush, and the agent on itself. */
  readonly readings: (nowMs: number, isLast: boolean) => readonly Point[];
  /** Everyone who gets every point; called often with few points. */
  readonly publish: (points: readonly Point[]) => void;
  /** Closes what was published into batches, ready to be captured. */
  readonly seal: () => Promise<void>;
  readonly checkpointer: Checkpointer;
}

/** What happens once an interval: windows and readings become points, then everything is committed at once. */
export class FlushLoop implements Component, HealthSource {
  readonly name = 'flush';
  readonly #parts: FlushParts;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #failure: Degradation | undefined;

  constructor(parts: FlushParts, clock: Clock, log: Logger) {
    this.#parts = parts;
    this.#clock = clock;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#running = this.#run(this.#stopping.signal);
  }

  /** Ends the loop, then flushes once more: after a stop nothing is lost. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    this.#stopping.abort();
    await this.#running;
    this.#running = undefined;
    await this.#flush((nowMs) => this.#parts.windows.finish(nowMs, this.#parts.publish));
  }

  degradations(): readonly Degradation[] {
    return this.#failure === undefined ? [] : [this.#failure];
  }

  async #run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.#clock.sleep(this.#parts.windows.nextFlushMs() - this.#clock.wallMs(), stopping);
      if (stopping.aborted) return;
      await this.#flush((nowMs) => this.#parts.windows.flush(nowMs, this.#parts.publish));
    }
  }

  async #flush(emitWindows: (nowMs: number) => Promise<void>): Promise<void> {
    const nowMs = this.#clock.wallMs();
    await emitWindows(nowMs);
    await this.#parts.join?.flush(nowMs, this.#parts.publish);
    await this.#parts.baselines.flush(nowMs, this.#parts.publish);
    this.#parts.publish(this.#parts.readings(nowMs, this.#stopping.signal.aborted));
    await this.#parts.seal();
    await this.#commit(nowMs);
  }

  async #commit(nowMs: number): Promise<void> {
    try {
      await this.#parts.checkpointer.commit();
      if (this.#failure !== undefined) this.#log.info({}, 'the state is written again');
      this.#failure = undefined;
    } catch (error) {
      const reason = `cannot write the state: ${error instanceof Error ? error.message : String(error)}`;
      if (this.#failure?.reason !== reason) this.#log.error({ err: error }, reason);
      this.#failure = { component: 'store', reason, sinceMs: this.#failure?.sinceMs ?? nowMs };
    }
  }
}
