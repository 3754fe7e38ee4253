import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { Point } from '../core/point.ts';
import type { Sampler } from '../core/sampler.ts';
import type { SamplerStatus } from '../core/status.ts';

/** Readings that wait for the next flush; beyond, the oldest go (only a flush that hangs gets there). */
const MAX_WAITING_POINTS = 10_000;

/**
 * Runs one sampler at its interval: one reading in flight, each with a deadline. A failed reading publishes nothing.
 */
export class SamplerLoop implements Component, HealthSource {
  readonly name: string;
  readonly #sampler: Sampler;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #waiting: Point[] = [];
  #pollMs = 0;
  #pollsFailed = 0;
  #failure: Degradation | undefined;

  constructor(sampler: Sampler, clock: Clock, log: Logger) {
    this.name = `sampler:${sampler.name}`;
    this.#sampler = sampler;
    this.#clock = clock;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#running = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** The readings since the last call. */
  drain(): readonly Point[] {
    const points = this.#waiting;
    this.#waiting = [];
    return points;
  }

  status(): SamplerStatus {
    const reason = this.#failure?.reason;
    const status = {
      name: this.#sampler.name,
      ok: reason === undefined,
      pollMs: this.#pollMs,
      pollsFailed: this.#pollsFailed,
    };
    return reason === undefined ? status : { ...status, reason };
  }

  degradations(): readonly Degradation[] {
    return this.#failure === undefined ? [] : [this.#failure];
  }

  async #run(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      const startedMs = this.#clock.monotonicMs();
      await this.#poll(stopping);
      this.#pollMs = this.#clock.monotonicMs() - startedMs;
      await this.#clock.sleep(this.#sampler.intervalMs - this.#pollMs, stopping);
    }
  }

  async #poll(stopping: AbortSignal): Promise<void> {
    const { intervalMs, deadlineMs } = this.#sampler;
    const finished = new AbortController();
    const deadline = new AbortController();
    const abort = (): void => deadline.abort();
    // No AbortSignal.any: in Node 20 each one leaves some 50 bytes on a signal that lives as long as the agent.
    stopping.addEventListener('abort', abort, { once: true });
    const timer = this.#clock.sleep(deadlineMs ?? intervalMs, finished.signal).then(abort);
    try {
      this.#keep(await this.#sampler.sample(this.#clock.wallMs(), deadline.signal));
      this.#failure = undefined;
    } catch (error) {
      if (!stopping.aborted) this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      stopping.removeEventListener('abort', abort);
      finished.abort();
      await timer;
    }
  }

  #keep(points: readonly Point[]): void {
    this.#waiting.push(...points);
    if (this.#waiting.length > MAX_WAITING_POINTS)
      this.#waiting.splice(0, this.#waiting.length - MAX_WAITING_POINTS);
  }

  #fail(reason: string): void {
    this.#pollsFailed++;
    if (this.#failure?.reason !== reason)
      this.#log.warn({ sampler: this.#sampler.name, reason }, 'a reading failed');
    this.#failure = { component: this.name, reason, sinceMs: this.#failure?.sinceMs ?? this.#clock.wallMs() };
  }
}
