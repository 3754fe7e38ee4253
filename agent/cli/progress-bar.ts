import type { CommandContext } from './command-context.ts';
import { ProgressLine } from './progress-line.ts';

const TERMINAL_EVERY_MS = 100;
/** In a log lines stay, so there are few, and none of what is done at once. */
const LOG_EVERY_MS = 5000;
const CELLS = 24;

/** How far a file has been read, as a bar. */
export class ProgressBar {
  readonly #line: ProgressLine;
  readonly #clock: CommandContext['clock'];
  readonly #everyMs: number;
  readonly #startedMs: number;
  #shownMs: number;

  constructor(context: Pick<CommandContext, 'clock' | 'isTerminal' | 'stderr'>) {
    this.#line = new ProgressLine(context);
    this.#clock = context.clock;
    this.#everyMs = context.isTerminal ? TERMINAL_EVERY_MS : LOG_EVERY_MS;
    this.#startedMs = context.clock.monotonicMs();
    this.#shownMs = this.#startedMs;
  }

  update(name: string, readBytes: number, bytes: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#shownMs < this.#everyMs) return;
    this.#shownMs = nowMs;
    const rate = readBytes / ((nowMs - this.#startedMs) / 1000);
    this.#line.show(`${barText(name, readBytes, bytes)}, ${megabytes(rate)} MB/s`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#line.end();
  }
}

function barText(name: string, readBytes: number, bytes: number): string {
  const share = bytes === 0 ? 1 : Math.min(1, readBytes / bytes);
  const full = Math.round(share * CELLS);
  const bar = `${'#'.repeat(full)}${'.'.repeat(CELLS - full)}`;
  return `${name} [${bar}] ${Math.floor(share * 100)} %, ${megabytes(readBytes)} of ${megabytes(bytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
