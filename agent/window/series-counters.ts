/**
 * What a slice keeps of a series beside its distributions: sums, so that windows add them up. The first eight are one
 * cache line a series and slice; the others stand apart, and are there only where senders give such values
 * (test/bench/flush.ts: a window of 30 slices is as slow as the lines that it reads).
 */
export const BASIC_COUNTERS = 8;
export const COUNTER_COUNT = 16;

export const Counter = {
  /** Requests observed, failures included. */
  requests: 0,
  /** Of them those whose sender states a status. */
  stated: 1,
  errors: 2,
  /** Sum of the weights. */
  weight: 3,
  /** Sum of weight · duration, ns. */
  weightedNs: 4,
  /** Requests within the objective. */
  good: 5,
  /** Requests that gave a batch size or tokens: if none did, all that follow are 0. */
  given: 6,
  /** Requests of which it is known whether they are within the objective: failures are not. */
  judged: 7,
  /** Weighted batch items, and how many requests gave a batch size. So with tokens. */
  items: 8,
  itemsGiven: 9,
  inputTokens: 10,
  inputTokensGiven: 11,
  outputTokens: 12,
  outputTokensGiven: 13,
  /** Tokens unweighted, as counted by totals. */
  inputTokensObserved: 14,
  outputTokensObserved: 15,
} as const;
