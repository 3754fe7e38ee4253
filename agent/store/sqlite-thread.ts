import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Component } from '../core/component.ts';
import type { Database, SqlRow, SqlStatement } from '../core/database.ts';
import type { Degradation, HealthSource } from '../core/health.ts';
import type { Logger } from '../core/logger.ts';
import { ThreadPort } from './thread-port.ts';
import type { OpenOptions, ThreadReply, ThreadRequest } from './thread-protocol.ts';

const LOCK_FILE = 'agent.lock';

/**
 * The data directory: SQLite files served by one thread of their own, so that no fsync and no checkpoint of the
 * log ever holds the main thread up. The directory is locked against a second agent for as long as the process
 * lives, however it ends.
 */
export class SqliteThread implements Component, HealthSource {
  readonly name = 'store';
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #opened: string[] = [];
  readonly #damages = new Map<string, Degradation>();
  #port: ThreadPort | undefined;

  constructor(directory: string, clock: Clock, log: Logger) {
    this.#directory = directory;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects if the directory cannot be written or another agent holds it. */
  async start(): Promise<void> {
    await mkdir(this.#directory, { recursive: true }).catch((cause: Error) => {
      throw new Error(`cannot create the data directory ${this.#directory}: ${cause.message}`, { cause });
    });
    this.#port = new ThreadPort();
    await this.#port.ask({ kind: 'lock', path: join(this.#directory, LOCK_FILE) }).catch((cause: Error) => {
      throw new Error(this.#lockFailure(cause.message), { cause });
    });
  }

  /**
   * Opens a file of the directory, created if missing. A damaged one is renamed to `<file>.corrupt-<time>` and
   * begun anew, which the log says.
   */
  async open(file: string, options: OpenOptions): Promise<Database> {
    const path = join(this.#directory, file);
    const reply = await this.#ask({ kind: 'open', path, options, nowMs: this.#clock.wallMs() });
    if (reply.kind === 'opened' && reply.putAside !== undefined) {
      const { putAside } = reply;
      const what = 'a damaged file was put aside and begun anew';
      this.#log.error({ file: path, putAside }, what);
      const reason = `${what}: ${path} is now ${putAside}`;
      if (options.precious)
        this.#damages.set(file, { component: `store:${file}`, reason, sinceMs: this.#clock.wallMs() });
    }
    this.#opened.push(file);
    return {
      transaction: async (statements) => void (await this.#ask({ kind: 'transaction', path }, statements)),
      query: async (sql, parameters = []) =>
        rowsOf(await this.#ask({ kind: 'query', path, sql, parameters })),
    };
  }

  /** Whether the directory has the file. */
  has(file: string): boolean {
    return existsSync(join(this.#directory, file));
  }

  /**
   * Reads every open file whole and reports damage. It takes the thread a second for each few hundred megabytes,
   * so it belongs behind the start, when spans are taken already.
   */
  async check(): Promise<void> {
    for (const file of this.#opened) {
      const reply = await this.#ask({ kind: 'check', path: join(this.#directory, file) });
      if (reply.kind === 'checked' && reply.damage !== undefined) this.#reportDamage(file, reply.damage);
    }
  }

  degradations(): readonly Degradation[] {
    return [...this.#damages.values()];
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    await port?.end(deadline);
  }

  async #ask(request: ThreadRequest, statements?: readonly SqlStatement[]): Promise<ThreadReply> {
    if (this.#port === undefined) throw new Error('the store is not running');
    return this.#port.ask(request, statements);
  }

  #lockFailure(message: string): string {
    return message.includes('locked')
      ? `the data directory ${this.#directory} is in use by another agent`
      : `cannot use the data directory ${this.#directory}: ${message}`;
  }

  #reportDamage(file: string, damage: string): void {
    const reason = `${join(this.#directory, file)} is damaged and will be put aside at the next start: ${damage}`;
    this.#log.error({ file }, reason);
    this.#damages.set(file, { component: `store:${file}`, reason, sinceMs: this.#clock.wallMs() });
  }
}

function rowsOf(reply: ThreadReply): readonly SqlRow[] {
  if (reply.kind !== 'rows') throw new Error(`bug: the database thread answered ${reply.kind} to a query`);
  return reply.rows;
}
