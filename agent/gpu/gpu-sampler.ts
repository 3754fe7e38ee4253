import type { Clock } from '../core/clock.ts';
import type { GpuOwnership, GpuSampleSink } from '../core/gpu-sample.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import type { Point, Tags } from '../core/point.ts';
import type { Sampler } from '../core/sampler.ts';
import type { GpuStatus } from '../core/status.ts';
import { BackOff } from './back-off.ts';
import { DeviceWatch } from './device-watch.ts';
import { GpuPoints } from './gpu-points.ts';
import { GpuFailure, type GpuReading, type ReadRequest } from './gpu-reader.ts';
import { GpuSamples } from './gpu-samples.ts';
import { ReadPlan } from './read-plan.ts';
import type { SourceChoice } from './source-choice.ts';

/** Without a driver: it may be loaded later. */
const LOOK_AGAIN_MS = 60_000;
/** A run of nvidia-smi takes some 75 ms of CPU. */
const LEAST_SMI_INTERVAL_MS = 5000;
/** Beyond the deadlines of all that one reading may try. */
const DEADLINE_MS = 120_000;

export interface GpuSamplerOptions {
  readonly intervalMs: number;
  readonly processes: boolean;
  readonly processId: boolean;
  /** Tags of every point: host, instance and the config's. */
  readonly tags: Tags;
}

export interface GpuSamplerParts {
  readonly choice: Pick<SourceChoice, 'read' | 'source' | 'tried' | 'reason' | 'restarts'>;
  /** Whose GPUs are published. */
  readonly ownership: () => GpuOwnership;
  /** Gets every GPU, ours or not. */
  readonly sink: GpuSampleSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** Reads the GPUs at their interval, publishes those that are ours, and hands all to the join. */
export class GpuSampler implements Sampler, HealthSource {
  readonly name = 'gpu';
  readonly deadlineMs = DEADLINE_MS;
  readonly #intervalMs: number;
  readonly #parts: GpuSamplerParts;
  readonly #plan: ReadPlan;
  readonly #points: GpuPoints;
  readonly #samples = new GpuSamples();
  readonly #watch: DeviceWatch;
  readonly #backOff: BackOff;
  #failure: GpuFailure | undefined;
  /** From the start of the last poll to the next, while there is nothing to read. */
  #waitMs: number | undefined;
  #pollMs: number | undefined;
  /** Start of the last reading, Unix ms. */
  #sampledMs = 0;

  constructor(options: GpuSamplerOptions, parts: GpuSamplerParts) {
    this.#intervalMs = options.intervalMs;
    this.#parts = parts;
    this.#plan = new ReadPlan(options);
    this.#points = new GpuPoints(options);
    this.#watch = new DeviceWatch(parts.log);
    this.#backOff = new BackOff(parts.random);
  }

  /** Such that readings fall on whole multiples of the interval by the agent's clock. */
  get intervalMs(): number {
    const steadyMs = this.#steadyMs;
    const offMs = ((this.#sampledMs + steadyMs / 2) % steadyMs) - steadyMs / 2;
    return this.#waitMs ?? steadyMs - offMs;
  }

  async sample(nowMs: number, signal: AbortSignal): Promise<readonly Point[]> {
    const startedMs = this.#parts.clock.monotonicMs();
    this.#sampledMs = nowMs;
    // The program says everything each time, at one price.
    if (this.#isProgram) this.#plan.restart();
    const request = this.#plan.next(nowMs, this.#parts.sink.wantsPower);
    try {
      const reading = await this.#read(request, signal);
      this.#pollMs = this.#parts.clock.monotonicMs() - startedMs;
      if (reading === undefined) {
        this.#failure = undefined;
        this.#waitMs = LOOK_AGAIN_MS;
        return [];
      }
      this.#succeed();
      return this.#publish(reading, request, nowMs);
    } catch (error) {
      this.#fail(error, startedMs);
      throw error;
    }
  }

  /** A GPU that is gone. What keeps all of them from being read is told by the sampler's loop. */
  degradations(): readonly Degradation[] {
    return this.#failure === undefined ? this.#watch.degradations(this.#parts.ownership().uuids) : [];
  }

  status(): GpuStatus {
    const { choice, ownership } = this.#parts;
    const { uuids, reason: ownReason } = ownership();
    const { devices, lost, notes } = this.#watch;
    const failing = this.#failure !== undefined;
    return {
      source: choice.source ?? (failing ? choice.tried : 'none'),
      reason: this.#failure?.message ?? choice.reason,
      ...(this.#failure && { failure: this.#failure.kind }),
      devices: failing ? [] : devices,
      lost: failing ? [] : lost,
      ...(uuids && { own: uuids }),
      ownReason,
      notes,
      ...(this.#pollMs !== undefined && { pollMs: this.#pollMs }),
      restarts: choice.restarts,
    };
  }

  get #steadyMs(): number {
    return this.#isProgram ? Math.max(this.#intervalMs, LEAST_SMI_INTERVAL_MS) : this.#intervalMs;
  }

  get #isProgram(): boolean {
    return this.#parts.choice.source === 'nvidia-smi';
  }

  /** Another source knows nothing of what was read in full before. */
  async #read(request: ReadRequest, signal: AbortSignal): Promise<GpuReading | undefined> {
    const { choice } = this.#parts;
    const before = choice.source;
    const reading = await choice.read(request, signal);
    if (choice.source !== before) this.#forget();
    return reading;
  }

  #publish({ devices, lost, notes }: GpuReading, { full }: ReadRequest, nowMs: number): readonly Point[] {
    const { choice, ownership, sink, clock } = this.#parts;
    const simulated = choice.source === 'simulated';
    this.#watch.note({ devices, lost, notes }, nowMs);
    sink.record(this.#samples.samples(devices, { receivedMs: clock.wallMs(), full, simulated }));
    const isOwn = this.#watch.isOwn(ownership().uuids);
    return this.#points.points(devices, { timestampMs: Math.floor(nowMs), full, simulated, isOwn });
  }

  #succeed(): void {
    if (this.#failure !== undefined) this.#parts.log.info({}, 'the GPUs are read again');
    this.#failure = undefined;
    this.#waitMs = undefined;
    this.#backOff.reset();
  }

  #fail(error: unknown, startedMs: number): void {
    const elapsedMs = this.#parts.clock.monotonicMs() - startedMs;
    this.#failure =
      error instanceof GpuFailure
        ? error
        : new GpuFailure('failed', 'a reading of the GPUs failed', { cause: error });
    this.#pollMs = elapsedMs;
    this.#waitMs = elapsedMs + Math.max(this.#backOff.nextMs(), this.#steadyMs);
    this.#plan.restart();
    this.#forget();
  }

  #forget(): void {
    this.#points.forget();
    this.#samples.forget();
  }
}
