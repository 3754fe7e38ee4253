import type {
  SpanStream,
  StreamFailure,
  StreamHandlers,
  Transport,
} from '../../../clients/node/transport.ts';
import { decodeBatch } from './decode-batch.ts';

/** A batch as it left the client. */
export interface SentBatch {
  /** Which stream carried it, from 1. */
  readonly stream: number;
  readonly sequence: number;
  readonly spans: number;
  readonly dropped: number;
}

/** An agent that does only what the test tells it to. */
export class ScriptedTransport implements Transport {
  readonly sent: SentBatch[] = [];
  /** Of the spans of each batch in `sent`. */
  readonly durationsMs: number[][] = [];
  streams = 0;
  ended = 0;
  cancelled = 0;
  resets = 0;
  /** Set to make the next `open` throw. */
  openError: string | undefined;
  #handlers: StreamHandlers | undefined;

  open(handlers: StreamHandlers): SpanStream {
    if (this.openError !== undefined) throw new Error(this.openError);
    const stream = ++this.streams;
    this.#handlers = handlers;
    return {
      send: (bytes) => {
        const { sequence, columns, dropped } = decodeBatch(bytes);
        const spans = columns?.seriesStatus.length ?? 0;
        this.durationsMs.push((columns?.durationNano ?? []).map((nanos) => nanos / 1e6));
        this.sent.push({ stream, sequence: Number(sequence), spans, dropped: Number(dropped) });
      },
      end: () => {
        this.ended++;
      },
      cancel: () => {
        this.cancelled++;
      },
    };
  }

  reset(): void {
    this.resets++;
  }

  answer(sequence: number, rejected = 0): void {
    const rejections = rejected > 0 ? [{ index: 0, reason: 'too_late' }] : [];
    const accepted = (this.sent.find((batch) => batch.sequence === sequence)?.spans ?? 0) - rejected;
    this.#handlers?.ack({ sequence, accepted, rejected, rejections });
  }

  breakStream(
    failure: StreamFailure | undefined = { message: 'UNAVAILABLE: gone', refusesBatch: false },
  ): void {
    this.#handlers?.closed(failure);
  }

  endStream(): void {
    this.#handlers?.closed(undefined);
  }
}
