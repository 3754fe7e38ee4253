import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Logger } from '../core/logger.ts';
import { GpuFailure, type GpuReading, type GpuSource, type ReadRequest } from './gpu-reader.ts';
import { GpuSupervisor, type GpuSupervisorOptions } from './gpu-supervisor.ts';

/** While nvidia-smi stands in, NVML is tried again this often. */
const RETRY_NVML_MS = 300_000;

export interface SourceChoiceOptions {
  /** auto: NVML, or nvidia-smi where NVML cannot be opened. */
  readonly source: 'auto' | GpuSource;
  /** UUIDs of the GPUs to read. Absent: all. */
  readonly devices?: readonly string[] | undefined;
  readonly hasDriver: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  /** For tests: of the readers' processes. */
  readonly child?: Pick<GpuSupervisorOptions, 'deadlines' | 'environment'>;
}

/** Reads the GPUs by the source that the config names, or finds out which one works, and says why. */
export class SourceChoice implements Component {
  readonly name = 'gpu-reader';
  readonly #options: SourceChoiceOptions;
  readonly #readers: Readonly<Record<GpuSource, GpuSupervisor>>;
  #source: GpuSource | undefined;
  #reason = 'not read yet';
  #retryNvmlMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: SourceChoiceOptions) {
    const { devices, clock, log, child } = options;
    const create = (source: GpuSource) => new GpuSupervisor({ source, devices, clock, log, ...child });
    this.#options = options;
    this.#readers = {
      nvml: create('nvml'),
      'nvidia-smi': create('nvidia-smi'),
      simulated: create('simulated'),
    };
  }

  /** What read the GPUs last. Absent: nothing has yet. */
  get source(): GpuSource | undefined {
    return this.#source;
  }

  /** What is tried first. */
  get tried(): GpuSource {
    const { source } = this.#options;
    return source === 'auto' ? 'nvml' : source;
  }

  /** Why it is this one, or none. */
  get reason(): string {
    return this.#reason;
  }

  /** How often a process was started again. */
  get restarts(): number {
    return Object.values(this.#readers).reduce((sum, { starts }) => sum + Math.max(0, starts - 1), 0);
  }

  /** Nothing is started before the first reading. */
  async start(): Promise<void> {}

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    await Promise.all(Object.values(this.#readers).map((reader) => reader.stop(deadline)));
  }

  /** Rejects with a `GpuFailure`. Undefined: there is no driver, so nothing was tried. */
  async read(request: ReadRequest, signal: AbortSignal): Promise<GpuReading | undefined> {
    if (this.#stopped) throw new GpuFailure('failed', 'the agent stops');
    const reader = await this.#open(signal);
    return reader?.read(request, signal);
  }

  async #open(signal: AbortSignal): Promise<GpuSupervisor | undefined> {
    const { source, hasDriver } = this.#options;
    if (source === 'auto') {
      if (this.#source !== undefined || hasDriver()) return this.#openAny(signal);
      this.#reason = 'no NVIDIA driver found';
      return undefined;
    }
    await this.#readers[source].open(signal);
    return this.#settle(source, `gpu.source is ${source}`);
  }

  async #openAny(signal: AbortSignal): Promise<GpuSupervisor> {
    const { nvml, 'nvidia-smi': program } = this.#readers;
    if (nvml.isOpen) return nvml;
    if (program.isOpen && this.#options.clock.monotonicMs() < this.#retryNvmlMs) return program;
    try {
      await nvml.open(signal);
      if (program.isOpen) await program.stop(signal);
      return this.#settle('nvml', 'NVML can be opened');
    } catch (error) {
      return this.#fallBack(failureOf(error), signal);
    }
  }

  /** Nothing is won where the driver hangs: nvidia-smi would hang in it too. */
  async #fallBack(failure: GpuFailure, signal: AbortSignal): Promise<GpuSupervisor> {
    const program = this.#readers['nvidia-smi'];
    this.#retryNvmlMs = this.#options.clock.monotonicMs() + RETRY_NVML_MS;
    if (program.isOpen) return program;
    if (failure.kind === 'hung') throw failure;
    try {
      await program.open(signal);
    } catch (error) {
      throw moreTelling(failure, failureOf(error));
    }
    return this.#settle('nvidia-smi', `NVML cannot be opened: ${failure.message}`);
  }

  #settle(source: GpuSource, reason: string): GpuSupervisor {
    if (this.#source !== source) {
      const say = source === 'nvidia-smi' && this.#options.source === 'auto' ? 'warn' : 'info';
      this.#options.log[say]({ source, reason }, `the GPUs are read by ${source}`);
    }
    this.#source = source;
    this.#reason = reason;
    return this.#readers[source];
  }
}

function failureOf(error: unknown): GpuFailure {
  if (error instanceof GpuFailure) return error;
  throw error;
}

/** That a program is missing says nothing where the library is there and tells what is wrong. */
function moreTelling(nvml: GpuFailure, program: GpuFailure): GpuFailure {
  return nvml.kind === 'not_installed' && program.kind !== 'not_installed' ? program : nvml;
}
