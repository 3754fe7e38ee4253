import type { CommandContext } from './command-context.ts';

const TERMINAL_EVERY_MS = 100;
/** Where lines stay, as in a log, there are few. */
const LINES_EVERY_MS = 5000;
const CELLS = 24;

/** How far a file has been read: a bar on a terminal, else a line now and then; nothing of what is done at once. */
export class ProgressBar {
  readonly #context: Pick<CommandContext, 'clock' | 'isTerminal' | 'stderr'>;
  readonly #everyMs: number;
  readonly #startedMs: number;
  #shownMs: number;
  #isShown = false;

  constructor(context: Pick<CommandContext, 'clock' | 'isTerminal' | 'stderr'>) {
    this.#context = context;
    this.#everyMs = context.isTerminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS;
    this.#startedMs = context.clock.monotonicMs();
    this.#shownMs = this.#startedMs;
  }

  update(name: string, readBytes: number, bytes: number): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#shownMs < this.#everyMs) return;
    this.#shownMs = nowMs;
    const line = progressLine({ name, readBytes, bytes, seconds: (nowMs - this.#startedMs) / 1000 });
    if (this.#context.isTerminal) this.#context.stderr(`\r${line}\u001b[K`);
    else this.#context.stderr(`${line}\n`);
    this.#isShown = true;
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#isShown && this.#context.isTerminal) this.#context.stderr('\r\u001b[K');
    this.#isShown = false;
  }
}

interface Progress {
  readonly name: string;
  readonly readBytes: number;
  readonly bytes: number;
  readonly seconds: number;
}

function progressLine({ name, readBytes, bytes, seconds }: Progress): string {
  const share = bytes === 0 ? 1 : Math.min(1, readBytes / bytes);
  const full = Math.round(share * CELLS);
  const bar = `${'#'.repeat(full)}${'.'.repeat(CELLS - full)}`;
  const rate = seconds === 0 ? '' : `, ${megabytes(readBytes / seconds)} MB/s`;
  return `${name} [${bar}] ${Math.floor(share * 100)} %, ${megabytes(readBytes)} of ${megabytes(bytes)} MB${rate}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
