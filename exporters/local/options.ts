/** The config's section `exporters.local`, in base units. */
export interface LocalOptions {
  /** Older points go. */
  readonly retentionMs: number;
  /** Beyond this the oldest points go, however young. */
  readonly maxBytes: number;
}
