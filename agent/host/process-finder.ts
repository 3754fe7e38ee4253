import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isNamed, readOwnPid } from './process-reading.ts';

/** The inference server's process: a pid, or a name that several may have. */
export type Watch = { readonly pid: number } | { readonly name: string };

/** How long a find stands while its processes live: looking at every process of a busy machine is not free. */
const RESCAN_MS = 30_000;
/** Names looked at in one turn of the event loop; one takes some 30 µs. */
const NAMES_A_TURN = 64;

/** Finds the pids of the watched process. Its own is not among them, though it may have the same name (node). */
export class ProcessFinder {
  readonly #root: string;
  readonly #watch: Watch;
  #found: readonly number[] = [];
  #scannedMs = Number.NEGATIVE_INFINITY;

  constructor(root: string, watch: Watch) {
    this.#root = root;
    this.#watch = watch;
  }

  /** `monotonicMs`: the present. `lost`: a process of the last find is gone, so look again. */
  async find(monotonicMs: number, lost: boolean): Promise<readonly number[]> {
    if ('pid' in this.#watch) return [this.#watch.pid];
    const stands = this.#found.length > 0 && !lost && monotonicMs - this.#scannedMs < RESCAN_MS;
    if (stands) return this.#found;
    this.#scannedMs = monotonicMs;
    this.#found = await this.#scan(this.#watch.name);
    return this.#found;
  }

  async #scan(name: string): Promise<readonly number[]> {
    const own = readOwnPid(this.#root);
    const found: number[] = [];
    for (const [index, pid] of this.#pids().entries()) {
      if (index % NAMES_A_TURN === NAMES_A_TURN - 1) await nextTurn();
      if (pid !== own && isNamed(this.#root, pid, name)) found.push(pid);
    }
    return found;
  }

  #pids(): readonly number[] {
    try {
      const names = readdirSync(join(this.#root, 'proc'));
      return names.filter((name) => /^\d+$/.test(name)).map(Number);
    } catch {
      return [];
    }
  }
}
