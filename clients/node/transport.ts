/** The agent's answer to one batch. */
export interface BatchAck {
  readonly sequence: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly rejections: readonly { readonly index: number; readonly reason: string }[];
}

/** Why a stream ended before its time. */
export interface StreamFailure {
  readonly message: string;
  /** The agent refuses the oldest batch that it has not answered: sending it again is of no use. */
  readonly refusesBatch: boolean;
}

/** Called for one stream, in order; `closed` comes once and last, without a failure if both sides were done. */
export interface StreamHandlers {
  ack(ack: BatchAck): void;
  closed(failure: StreamFailure | undefined): void;
}

export interface SpanStream {
  /** Queues the bytes of one `SpanBatch`. */
  send(batch: Uint8Array): void;
  /** Nothing more will be sent. */
  end(): void;
  /** Gives up at once. */
  cancel(): void;
}

/** How batches get to the agent. */
export interface Transport {
  /** Opens a stream without waiting for it. Throws if the address, certificates or token are unusable. */
  open(handlers: StreamHandlers): SpanStream;
  /** Lets the connection go; the next `open` makes a new one. */
  reset(): void;
}
