/** The tags that make a series of requests. An empty string is "not said"; `model` is never empty. */
export interface SeriesTags {
  readonly model: string;
  /** fp32, fp16, int8, fp8, int4-awq …; `default` where the sender does not say. */
  readonly variant: string;
  readonly version: string;
  readonly operation: string;
  /** The kind of server: vllm, triton, …; empty for our own protocol. */
  readonly server: string;
  /** Labels that the config's allow-list turned into tags; keys sorted. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Spans of series beyond the bound are counted here, so that a flood of names stays visible and bounded. */
export const OVERFLOW_MODEL = '__overflow__';
