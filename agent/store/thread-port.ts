import type { Worker } from 'node:worker_threads';
import type { SqlStatement } from '../core/database.ts';
import { launchThread } from '../core/launch-thread.ts';
import { buffersOf } from './blob-buffers.ts';
import type { ThreadReply, ThreadRequest } from './thread-protocol.ts';

/** The thread keeps next to nothing in JavaScript, so a small young generation costs it nothing. */
const OPTIONS = { name: 'database', resourceLimits: { maxYoungGenerationSizeMb: 2 } };
/** Rows copied to the thread in one turn of the event loop: about 1 ms. */
const ROWS_PER_TURN = 500;

interface Waiter {
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's end of the database thread: requests go out in the order made, replies come back in it. */
export class ThreadPort {
  readonly #worker: Worker;
  readonly #waiters: Waiter[] = [];
  #lastSent: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor() {
    this.#worker = launchThread('./database-thread', import.meta.url, OPTIONS);
    this.#worker.on('message', (reply: ThreadReply) => this.#waiters.shift()?.resolve(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the database thread has ended')));
  }

  /** Rejects with SQLite's message, or because the thread is gone. */
  async ask(request: ThreadRequest, statements: readonly SqlStatement[] = []): Promise<ThreadReply> {
    const reply = await new Promise<ThreadReply>((resolve, reject) => {
      this.#lastSent = this.#lastSent.then(() => this.#send(request, statements, { resolve, reject }));
    });
    if (reply.kind === 'failed') throw new Error(reply.message);
    return reply;
  }

  /** Closes the files after what was asked before; when `deadline` aborts, as they are. */
  async end(deadline: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      deadline.addEventListener('abort', () => resolve(), { once: true });
      if (deadline.aborted) resolve();
    });
    const closed = this.ask({ kind: 'close' }).then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([closed, aborted]);
    await this.#worker.terminate();
  }

  async #send(request: ThreadRequest, statements: readonly SqlStatement[], waiter: Waiter): Promise<void> {
    let rows = 0;
    for (const piece of cutStatements(statements)) {
      const request = { kind: 'statements', statements: [piece] } satisfies ThreadRequest;
      this.#worker.postMessage(request, piece.givesBlobs ? buffersOf(piece.rows ?? []) : []);
      rows += piece.rows?.length ?? 0;
      if (rows < ROWS_PER_TURN) continue;
      await nextTurn();
      rows = 0;
    }
    if (this.#failure !== undefined) {
      waiter.reject(this.#failure);
      return;
    }
    this.#waiters.push(waiter);
    this.#worker.postMessage(request);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
  }
}

function* cutStatements(statements: readonly SqlStatement[]): Generator<SqlStatement> {
  for (const statement of statements) {
    const { rows } = statement;
    if (rows === undefined) yield statement;
    else
      for (let at = 0; at < rows.length; at += ROWS_PER_TURN) {
        yield { ...statement, rows: rows.slice(at, at + ROWS_PER_TURN) };
      }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
