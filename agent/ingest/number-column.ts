import { grown } from './grown-array.ts';

const START_LENGTH = 1024;
const KEEP_LENGTH = 65_536;

/** A column of numbers that grows, and is kept for the next message. */
export class NumberColumn {
  length = 0;
  values = new Float64Array(0);

  clear(): void {
    if (this.values.length > KEEP_LENGTH) this.values = new Float64Array(START_LENGTH);
    this.length = 0;
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      this.values = grown(this.values, Math.max(START_LENGTH, this.length * 2));
    }
    this.values[this.length++] = value;
  }
}
