import type { Logger } from '../../../agent/core/logger.ts';
import { Forwarder, type ForwarderOptions } from '../../../agent/ingest/otlp/forward/forwarder.ts';
import type { OtlpExport } from '../../../agent/ingest/otlp/forward/otlp-export.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { poll } from '../../poll.ts';
import type { Receiver } from './forward-receivers.ts';

/** An export that need not mean anything. */
export const BYTES = Buffer.from('0a0712050a03666f6f', 'hex');
const DEFAULTS = { protocol: 'http/protobuf', headers: {}, timeoutMs: 10_000, maxBytes: 1 << 20 } as const;

/** A forwarder with its far end, on a clock that the test moves; what is sent is real. */
export class RunningForwarder {
  readonly clock = new ManualClock();
  /** Lines with their context. */
  logged = '';
  readonly forwarder: Forwarder;
  readonly #receivers: Receiver[] = [];

  private constructor(options: ForwarderOptions) {
    const line = (context: object, message: string): void => {
      this.logged += `${message} ${JSON.stringify(context)}\n`;
    };
    const log: Logger = { debug: line, info: line, warn: line, error: line };
    this.forwarder = new Forwarder(options, { clock: this.clock, log, random: () => 0.5 });
  }

  /** `to`: a receiver, which is stopped with it, or an endpoint. */
  static async start(
    to: Receiver | string,
    options: Partial<ForwarderOptions> = {},
  ): Promise<RunningForwarder> {
    const endpoint = typeof to === 'string' ? to : to.endpoint;
    const running = new RunningForwarder({ ...DEFAULTS, endpoint, ...options });
    if (typeof to !== 'string') running.stopWithIt(to);
    await running.forwarder.start();
    return running;
  }

  stopWithIt(receiver: Receiver): void {
    this.#receivers.push(receiver);
  }

  get status(): ReturnType<Forwarder['status']> {
    return this.forwarder.status();
  }

  offer(fields: Partial<OtlpExport> = {}): void {
    this.forwarder.offer({ signal: 'traces', format: 'protobuf', bytes: BYTES, trail: '', ...fields });
  }

  async until(what: string, holds: (status: ReturnType<Forwarder['status']>) => boolean): Promise<void> {
    await poll(what, async () => holds(this.status) || undefined);
  }

  /** Moves time on by steps, with real I/O in between. */
  async advanceUntil(
    what: string,
    stepMs: number,
    holds: (status: ReturnType<Forwarder['status']>) => boolean,
  ): Promise<void> {
    await poll(what, async () => {
      if (holds(this.status)) return true;
      await this.clock.advance(stepMs);
      return undefined;
    });
  }

  async stop(): Promise<void> {
    await this.forwarder.stop(AbortSignal.abort());
    for (const receiver of this.#receivers) await receiver.stop();
  }
}
