import type { PointRow } from './api-answers.ts';

/** The rows of one series, ascending in time, one a time. */
export class TimeRows {
  readonly rows: PointRow[] = [];

  /** A row of the same time, or of the same step of `stepMs`, gives way if `overwrite` says so. */
  put(row: PointRow, overwrite: boolean, stepMs = 1): void {
    const step = Math.floor(row.time / stepMs);
    let index = this.rows.length;
    while (index > 0 && Math.floor(this.rows[index - 1].time / stepMs) > step) index--;
    const isKnown = index > 0 && Math.floor(this.rows[index - 1].time / stepMs) === step;
    if (!isKnown) this.rows.splice(index, 0, row);
    else if (overwrite) this.rows[index - 1] = row;
  }

  dropBefore(timeMs: number): void {
    const kept = this.rows.findIndex((row) => row.time >= timeMs);
    this.rows.splice(0, kept < 0 ? this.rows.length : kept);
  }
}
