/** What a server's metrics say of one model, each a number; counters and sums since the server's start. */
export type Quantity =
  | ('requestsRunning' | 'requestsWaiting' | 'kvCacheUsageRatio' | 'preemptions')
  | ('inputTokens' | 'outputTokens')
  | ('requestsSucceeded' | 'requestsFinished' | 'requestsFailed' | 'requestsAborted')
  /** Tokens, or blocks of them: the unit falls out of the ratio. */
  | ('prefixQueries' | 'prefixHits' | 'prefixHitRatio')
  | ('queueSeconds' | 'requestsQueued');

/** A metric of the server, as one or more releases name it. */
export interface MetricRule {
  readonly quantity: Quantity;
  /** The names it had, newest first: the first that is there counts, for some releases give both. */
  readonly names: readonly string[];
  /** Only samples with one of these values of the label. */
  readonly only?: { readonly label: string; readonly values: readonly string[] };
  /** All samples but those; a sample without the label counts. */
  readonly except?: { readonly label: string; readonly values: readonly string[] };
  /** To base units. */
  readonly scale?: number;
  /** How the samples of one model become one number. Absent: their sum. */
  readonly across?: 'mean';
  /** The server shows this counter only once it has counted: absent is 0 where anything else is there. */
  readonly shownLate?: boolean;
}

/** One kind of server: which of its metrics are read, and what they mean. */
export interface ServerMetrics {
  readonly server: string;
  /** Absent: the server serves one model and does not name it. */
  readonly modelLabel?: string;
  readonly versionLabel?: string;
  /** Labels of processes that all report the same requests: of those the greatest counts, once. */
  readonly replicaLabels?: readonly string[];
  /** Until its first request the server shows nothing at all. */
  readonly startsEmpty?: boolean;
  /** What to look at where there are none of its metrics. */
  readonly hint: string;
  readonly rules: readonly MetricRule[];
}
