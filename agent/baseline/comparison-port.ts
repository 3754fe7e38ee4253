import type { Worker } from 'node:worker_threads';
import { launchThread } from '../core/launch-thread.ts';
import { type ComparisonReply, type ComparisonRequest, transferred } from './comparison-protocol.ts';

const OPTIONS = { name: 'comparison', resourceLimits: { maxYoungGenerationSizeMb: 2 } };

interface Waiter {
  readonly resolve: (reply: ComparisonReply) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's end of the comparison thread, which starts with the first request: few agents ever need it. */
export class ComparisonPort {
  #worker: Worker | undefined;
  #waiters: Waiter[] = [];
  #hasEnded = false;

  /** Rejects when the thread ends before it answers; the next request then starts a new one. */
  ask(request: ComparisonRequest): Promise<ComparisonReply> {
    if (this.#hasEnded) return Promise.reject(new Error('the agent is stopping'));
    this.#worker ??= this.#launch();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      worker.postMessage(request, transferred(request));
    });
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#worker?.terminate();
  }

  #launch(): Worker {
    const worker = launchThread('./comparison-thread', import.meta.url, OPTIONS);
    worker.on('message', (reply: ComparisonReply) => this.#waiters.shift()?.resolve(reply));
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new Error('the comparison thread has ended')));
    return worker;
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
