/** One line of a bench's table. */
export interface BenchRow {
  readonly name: string;
  /** What it must not exceed or fall short of, as text: `≤ 1 µs`. */
  readonly bar?: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}
