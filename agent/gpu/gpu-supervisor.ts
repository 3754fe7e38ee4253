import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { GpuChild } from './gpu-child.ts';
import type { GpuReply } from './gpu-protocol.ts';
import { GpuFailure, type GpuReading, type GpuSource, type ReadRequest } from './gpu-reader.ts';
import { startGroup } from './process-group.ts';

/** The time that opening a reader and one reading may take. */
export interface GpuDeadlines {
  readonly openMs: number;
  readonly readMs: number;
}

/**
 * A driver that no process keeps loaded (persistence mode off) takes seconds for each GPU to open; a reading of
 * eight takes some 0.1 s through NVML, seconds through nvidia-smi, which opens the driver each time.
 */
const DEADLINES: Readonly<Record<GpuSource, GpuDeadlines>> = {
  nvml: { openMs: 30_000, readMs: 5000 },
  'nvidia-smi': { openMs: 30_000, readMs: 30_000 },
  simulated: { openMs: 10_000, readMs: 5000 },
};
/** An end takes some milliseconds, in order or by a signal. */
const END_MS = 200;

export interface GpuSupervisorOptions {
  readonly source: GpuSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** UUIDs of the GPUs to read. Absent: all. */
  readonly devices?: readonly string[] | undefined;
  readonly deadlines?: GpuDeadlines | undefined;
  /** Added to the environment of the process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/**
 * One reader in a process of its own, started when it is needed. Whatever fails there ends the process and all it
 * started; the next `open` begins anew, so that a driver that was replaced meanwhile is loaded afresh.
 */
export class GpuSupervisor {
  readonly source: GpuSource;
  readonly #options: GpuSupervisorOptions;
  readonly #deadlines: GpuDeadlines;
  #child: GpuChild | undefined;
  /** Killed, but perhaps not gone. */
  #dying: GpuChild | undefined;
  #starts = 0;

  constructor(options: GpuSupervisorOptions) {
    this.source = options.source;
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES[options.source];
  }

  get isOpen(): boolean {
    return this.#child !== undefined;
  }

  get starts(): number {
    return this.#starts;
  }

  /** Rejects with a `GpuFailure`. Does nothing where it is open. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#child !== undefined) return;
    await this.#bury();
    this.#starts++;
    const program = new URL(`./gpu-program.${import.meta.url.slice(-2)}`, import.meta.url);
    const { devices = [], environment, log } = this.#options;
    const started = startGroup(program, [this.source, ...devices], environment);
    this.#child = new GpuChild(started, log);
    await this.#reply(this.#child, this.#deadlines.openMs, signal);
  }

  /** Rejects with a `GpuFailure`; it is closed then. One reading at a time. */
  async read(request: ReadRequest, signal: AbortSignal): Promise<GpuReading> {
    const child = this.#child;
    if (child === undefined) throw new Error('bug: a GPU reader was asked before it was opened');
    child.send(request);
    const reply = await this.#reply(child, this.#deadlines.readMs, signal);
    if (reply.kind !== 'reading') throw new Error(`bug: the GPU reader answered ${reply.kind} to a request`);
    return reply.reading;
  }

  /** Gives it a moment to end by itself. What the deadline cuts short is killed. */
  async stop(deadline: AbortSignal): Promise<void> {
    const child = this.#child ?? this.#dying;
    this.#child = undefined;
    if (child === undefined || child.hasEnded) return;
    child.dismiss();
    const soon = AbortSignal.any([deadline, endOf(child)]);
    await this.#options.clock.sleep(END_MS, soon);
    child.kill();
    if (!deadline.aborted) await Promise.race([child.ended, aborted(deadline)]);
  }

  async #reply(child: GpuChild, deadlineMs: number, signal: AbortSignal): Promise<GpuReply> {
    try {
      const reply = await this.#within(child.reply(), deadlineMs, signal);
      if (reply.kind === 'failed') throw new GpuFailure(reply.failure, reply.message);
      return reply;
    } catch (error) {
      this.#discard(child);
      throw error;
    }
  }

  async #within(reply: Promise<GpuReply>, deadlineMs: number, signal: AbortSignal): Promise<GpuReply> {
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const late = this.#options.clock.sleep(deadlineMs, waiting.signal).then((): never => {
      if (signal.aborted) throw new GpuFailure('hung', 'the reading of the GPUs was broken off');
      throw new GpuFailure('hung', `${this.source} gave no answer within ${deadlineMs / 1000} s`);
    });
    for (const loser of [reply, late]) loser.catch(() => undefined);
    try {
      return await Promise.race([reply, late]);
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  /** There is never more than one that the driver holds. */
  async #bury(): Promise<void> {
    const child = this.#dying;
    if (child === undefined || child.hasEnded) return;
    await this.#options.clock.sleep(END_MS, endOf(child));
    if (child.hasEnded) return;
    throw new GpuFailure('hung', 'the process that reads the GPUs hangs in the driver and cannot be ended');
  }

  #discard(child: GpuChild): void {
    child.kill();
    this.#dying = child;
    this.#child = undefined;
  }
}

function endOf(child: GpuChild): AbortSignal {
  const controller = new AbortController();
  child.ended.then(() => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
