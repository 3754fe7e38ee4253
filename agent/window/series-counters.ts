/**
 * What a slice keeps of a series beside its distributions: `COUNTER_COUNT` float64s in a row, one of them each. All
 * are sums, so that windows add them up.
 */
export const COUNTER_COUNT = 14;

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
  /** Weighted batch items, and how many requests gave a batch size. So with tokens. */
  items: 6,
  itemsGiven: 7,
  inputTokens: 8,
  inputTokensGiven: 9,
  outputTokens: 10,
  outputTokensGiven: 11,
  /** Tokens unweighted, as counted by totals. */
  inputTokensObserved: 12,
  outputTokensObserved: 13,
} as const;
