import type { Logger } from '../core/logger.ts';
import type { LiveFeed } from './live-feed.ts';
import type { PointHistory, PointQueryResult } from './point-history.ts';
import type { PointsRequest } from './points-request.ts';
import { selectFields, thinRows } from './thin-rows.ts';
import type { ErrorAnswer, PointsAnswer } from './web/api-answers.ts';

export interface PointsReaderSources {
  readonly history: PointHistory | undefined;
  readonly feed: LiveFeed;
}

export type PointsOutcome =
  | { readonly status: 200; readonly answer: PointsAnswer }
  | { readonly status: 404 | 503; readonly answer: ErrorAnswer };

/** Answers `/api/v1/points`: from the local store, or from memory where there is none or it cannot be read. */
export async function readPoints(
  { query, fields, everyMs }: PointsRequest,
  { history, feed }: PointsReaderSources,
  log: Logger,
): Promise<PointsOutcome> {
  const answer = (source: PointsAnswer['source'], { rows, truncated }: PointQueryResult): PointsOutcome => {
    const shown = thinRows(rows, everyMs).map((row) => ({
      measurement: query.measurement,
      ...selectFields(row, fields),
    }));
    return { status: 200, answer: { source, truncated, rows: shown } };
  };
  const remembered = feed.remembers(query.measurement);
  if (history === undefined)
    return remembered ? answer('memory', feed.recent(query)) : missing(query.measurement);
  try {
    return answer('store', await history.query(query));
  } catch (error) {
    log.warn({ err: error }, 'the local store cannot be read');
    return remembered ? answer('memory', feed.recent(query)) : unreadable(error);
  }
}

function missing(measurement: string): PointsOutcome {
  const message = `there is no local store (exporters.local), and ${measurement} is not kept in memory`;
  return { status: 404, answer: { error: 'no_history', message } };
}

function unreadable(error: unknown): PointsOutcome {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    status: 503,
    answer: { error: 'history_failed', message: `the local store cannot be read: ${reason}` },
  };
}
