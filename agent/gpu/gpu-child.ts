import type { ChildProcess } from 'node:child_process';
import type { Logger } from '../core/logger.ts';
import type { GpuReply } from './gpu-protocol.ts';
import { GpuFailure, type ReadRequest } from './gpu-reader.ts';
import { killGroup } from './process-group.ts';

/** Lines of one process that reach the log, and how much of each. */
const MAX_LOGGED_LINES = 20;
const MAX_LINE_LENGTH = 500;

/** One life of the reader's process, seen from the agent: replies come in the order of the requests. */
export class GpuChild {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #replies: GpuReply[] = [];
  #waiter: { resolve: (reply: GpuReply) => void; reject: (error: GpuFailure) => void } | undefined;
  #failure: GpuFailure | undefined;
  #hasEnded = false;

  constructor(child: ChildProcess, log: Logger) {
    this.#child = child;
    this.#log = log;
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#end(reason);
        resolve();
      };
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      child.on('error', ({ message }) => (child.pid === undefined ? end(message) : undefined));
    });
    child.on('message', (reply) => this.#receive(reply as GpuReply));
    this.#logErrors();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(request: ReadRequest): void {
    this.#child.send(request, () => undefined);
  }

  /** The next reply; rejects when the process ends instead. One call at a time. */
  reply(): Promise<GpuReply> {
    const early = this.#replies.shift();
    if (early !== undefined) return Promise.resolve(early);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Asks it to end by itself, in an orderly way. */
  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** Ends it with all that it started. In a system call that hangs it lives on until the driver lets go. */
  kill(): void {
    killGroup(this.#child);
  }

  #receive(reply: GpuReply): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) this.#replies.push(reply);
    else waiter.resolve(reply);
  }

  #end(reason: string): void {
    this.#hasEnded = true;
    this.kill();
    this.#failure = new GpuFailure('failed', `the process that reads the GPUs ended by itself (${reason})`);
    this.#waiter?.reject(this.#failure);
    this.#waiter = undefined;
  }

  #logErrors(): void {
    let lines = 0;
    let rest = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = (parts.pop() ?? '').slice(0, MAX_LINE_LENGTH);
      for (const line of parts) {
        if (line.trim() === '' || ++lines > MAX_LOGGED_LINES) continue;
        this.#log.warn({ line: line.slice(0, MAX_LINE_LENGTH) }, 'the GPU reader wrote an error');
      }
    });
  }
}
