import type { PointRow } from './web/api-answers.ts';

type Row = Pick<PointRow, 'time' | 'tags' | 'fields'>;

/**
 * Keeps the last row of each series in each span of `everyMs`, aligned to the epoch: windows overlap, so that
 * nothing goes unseen as long as a window is at least that long. Values are never averaged. `rows` ascend in time.
 */
export function thinRows<R extends Row>(rows: readonly R[], everyMs: number): readonly R[] {
  if (everyMs === 0) return rows;
  const seen = new Set<string>();
  const isLast = (row: R): boolean => {
    const identity = `${Math.ceil(row.time / everyMs)} ${JSON.stringify(row.tags)}`;
    const isNew = !seen.has(identity);
    seen.add(identity);
    return isNew;
  };
  return rows.toReversed().filter(isLast).reverse();
}

/** The row with these fields only, as far as it has them. */
export function selectFields<R extends Row>(row: R, names: readonly string[] | undefined): R {
  if (names === undefined) return row;
  const fields = Object.entries(row.fields).filter(([name]) => names.includes(name));
  return { ...row, fields: Object.fromEntries(fields) };
}
