import type { Baselines } from '../baseline/baselines.ts';
import type { AgentStatus, SeriesSummary } from '../core/status.ts';
import type { LiveFeed } from './live-feed.ts';
import type { PointHistory } from './point-history.ts';

/** An exposition for scrapers. */
interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** Where the HTTP interface gets what it shows. All are called per request: nothing is kept. */
export interface DashboardSources {
  readonly status: () => AgentStatus;
  readonly series: () => readonly SeriesSummary[];
  readonly metrics: () => Promise<MetricsText>;
  /** Absent without a local store. */
  readonly history?: PointHistory;
  readonly feed: LiveFeed;
  readonly baselines: Pick<Baselines, 'list' | 'document' | 'put' | 'save' | 'record' | 'remove' | 'compare'>;
  /** Whether spans are taken: what readiness means. */
  readonly taking: () => boolean;
}
