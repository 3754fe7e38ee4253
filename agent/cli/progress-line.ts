import type { CommandContext } from './command-context.ts';

/** Where nobody watches a terminal, a line is written this often. */
const LINE_EVERY_MS = 10_000;

/** Says on standard error how far long work has come: one line that changes, or in a log a line now and then. */
export class ProgressLine {
  readonly #context: Pick<CommandContext, 'stderr' | 'isTerminal' | 'clock'>;
  #shown = '';
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(context: Pick<CommandContext, 'stderr' | 'isTerminal' | 'clock'>) {
    this.#context = context;
  }

  show(text: string): void {
    const { stderr, isTerminal, clock } = this.#context;
    if (isTerminal) {
      stderr(`\r${text.padEnd(this.#shown.length)}`);
      this.#shown = text;
      return;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#lastMs < LINE_EVERY_MS) return;
    this.#lastMs = nowMs;
    stderr(`${text}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown !== '') this.#context.stderr(`\r${' '.repeat(this.#shown.length)}\r`);
    this.#shown = '';
  }
}
