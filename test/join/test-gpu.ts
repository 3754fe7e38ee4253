import type { GpuActivity, GpuSample } from '../../agent/core/gpu-sample.ts';

const STEP_MS = 20;
const FULL_EVERY_MS = 10_000;
/** The clock was set, not the GPU asleep: it lived on for a tick. */
const STEPPED_MS = 2000;
const TICK_MS = 1000;

/** A GPU whose power the test decides: counter, power samples and the rest follow from it. */
export class TestGpu {
  readonly uuid: string;
  /** By Unix ms. */
  watts: (atMs: number) => number = () => 100;
  memoryUsedBytes = 1e9;
  processIds: readonly number[] | undefined = [7];
  activity: Omit<GpuActivity, 'fromMs'> = { utilizationRatio: 0.5 };
  divided = false;
  simulated = false;
  /** It does not answer, but its counter goes on. */
  isLost = false;
  hasPower = true;
  hasEnergy = true;
  #joules = 0;
  /** What the counter says less what was used. */
  #offset = 5e6;
  #atMs: number;
  /** When energy and activity were last read: each 10 s. */
  lastFullMs: number;
  #power: [number, number][] = [];

  constructor(uuid: string, startMs: number) {
    this.uuid = uuid;
    this.#atMs = startMs;
    this.lastFullMs = startMs - FULL_EVERY_MS;
  }

  /** Used since it was made. */
  get usedJoules(): number {
    return this.#joules;
  }

  /** The driver was loaded anew. */
  reset(): void {
    this.#offset = -this.#joules;
  }

  /** Lives on until then; what it says, unless it is lost. */
  sample(atMs: number): GpuSample | undefined {
    if (Math.abs(atMs - this.#atMs) > STEPPED_MS) this.#atMs = atMs - TICK_MS;
    while (this.#atMs + STEP_MS <= atMs) this.#step();
    if (this.isLost) {
      this.#power = [];
      return undefined;
    }
    const isFull = Math.abs(atMs - this.lastFullMs) >= FULL_EVERY_MS;
    const power = this.#power;
    this.#power = [];
    const { uuid, memoryUsedBytes, divided, simulated, processIds } = this;
    const activity = isFull ? { ...this.activity, fromMs: this.lastFullMs } : undefined;
    if (isFull) this.lastFullMs = atMs;
    return {
      uuid,
      atMs,
      memoryUsedBytes,
      divided,
      simulated,
      ...(processIds && { processIds }),
      ...(isFull && this.hasEnergy && { energy: { joules: this.#joules + this.#offset, atMs: this.#atMs } }),
      ...(this.hasPower && {
        power: {
          atMs: Float64Array.from(power, ([at]) => at),
          watts: Float64Array.from(power, ([, watts]) => watts),
        },
      }),
      ...(activity && { activity }),
    };
  }

  #step(): void {
    const watts = this.watts(this.#atMs + STEP_MS / 2);
    this.#joules += (watts * STEP_MS) / 1000;
    this.#power.push([this.#atMs + STEP_MS / 2, watts]);
    this.#atMs += STEP_MS;
  }
}
