import type { PointRow } from './web/api-answers.ts';

/** Points of one measurement in `fromMs` ≤ time < `toMs` whose tags have all the given values; '' means: without the tag. */
export interface PointQuery {
  readonly measurement: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Rows at the most; the newest ones are kept. */
  readonly limit: number;
}

export interface PointQueryResult {
  /** Ascending in time. */
  readonly rows: readonly Omit<PointRow, 'measurement'>[];
  readonly truncated: boolean;
}

/** A store that remembers points. Rejects when it cannot be read. */
export interface PointHistory {
  query(query: PointQuery): Promise<PointQueryResult>;
}
