import type { Clock } from '../../../core/clock.ts';
import type { Component } from '../../../core/component.ts';
import type { Degradation, HealthSource } from '../../../core/health.ts';
import type { Logger } from '../../../core/logger.ts';
import type { ForwardStatus } from '../../../core/status.ts';
import { createSender, type FarEnd, MAX_ABREAST } from './create-sender.ts';
import { ExportQueue, type WaitingExport } from './export-queue.ts';
import type { ExportSender, ForwardOutcome } from './export-sender.ts';
import { ExtraHeaders } from './extra-headers.ts';
import { ForwardHealth } from './forward-health.ts';
import { createTrailId, extendTrail, FORWARDED_HEADER } from './forward-trail.ts';
import type { ExportTap, OtlpExport } from './otlp-export.ts';
import { RetryWait } from './retry-wait.ts';

export interface ForwarderOptions extends FarEnd {
  readonly headers: Readonly<Record<string, string>>;
  readonly headersFile?: string;
  /** Of one request. */
  readonly timeoutMs: number;
  /** Of exports that wait, those under way included. */
  readonly maxBytes: number;
}

export interface ForwarderEdge {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

type DropReason = 'full' | 'expired' | 'circle' | 'json' | 'stopped';

/** What is under way cannot make room, so it is only a part of what may wait. */
const ROUND_SHARE = 1 / 4;
/** An export that could not be passed on for so long is of no use to those who look at traces now. */
const EXPIRE_AFTER_MS = 300_000;
const STOP_WITHIN_MS = 2000;
const JSON_ADVICE =
  'OTLP in JSON cannot go on over gRPC: set forward.endpoint to an OTLP/HTTP endpoint, or the server to protobuf';

/**
 * Passes OTLP exports on as they came, in rounds of a few at a time, each of which ends before the next begins.
 * Whatever befalls the far end, who offers exports never waits. Offered = forwarded + failed + Σ dropped + waiting.
 */
export class Forwarder implements ExportTap, Component, HealthSource {
  readonly name = 'forward';
  readonly #options: ForwarderOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sender: ExportSender;
  readonly #headers: ExtraHeaders;
  readonly #queue: ExportQueue;
  readonly #health: ForwardHealth;
  readonly #retryWait: RetryWait;
  readonly #trailId: string;
  readonly #dropped = new Map<DropReason, number>();
  #forwarded = 0;
  #failed = 0;
  #rejectedItems = 0;
  #retries = 0;
  /** Aborts when the stop begins, and when it ends. */
  readonly #stopping = new AbortController();
  readonly #stopped = new AbortController();
  /** Of the round under way. */
  #attempt = new AbortController();
  #arrived: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: ForwarderOptions, { clock, log, random }: ForwarderEdge) {
    const { headers, headersFile, maxBytes } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#sender = createSender(options, clock);
    this.#headers = new ExtraHeaders(headers, headersFile);
    this.#queue = new ExportQueue(maxBytes);
    this.#health = new ForwardHealth(clock, log);
    this.#retryWait = new RetryWait(random);
    this.#trailId = createTrailId(random);
  }

  async start(): Promise<void> {
    const { endpoint, protocol } = this.#options;
    this.#log.info({ endpoint, protocol }, 'OTLP exports are passed on');
    this.#running = this.#run().catch((err) => this.#log.error({ err }, 'bug: forwarding ended'));
  }

  /** Tries once more what waits, for 2 s at most; what is left then is lost, and said so. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#arrived();
    const giveUp = (): void => {
      this.#stopped.abort();
      this.#attempt.abort();
    };
    deadline.addEventListener('abort', giveUp, { once: true });
    if (deadline.aborted) giveUp();
    void this.#clock.sleep(STOP_WITHIN_MS, this.#stopped.signal).then(giveUp);
    await this.#running;
    deadline.removeEventListener('abort', giveUp);
    giveUp();
    this.#sender.close();
    const { count: exports, bytes } = this.#queue;
    if (exports === 0) return;
    this.#drop('stopped', this.#queue.dropBefore(Number.POSITIVE_INFINITY));
    this.#log.warn({ exports, bytes }, 'OTLP exports were still waiting to be passed on, and are lost');
  }

  /** Hot: copies the bytes. */
  offer(sent: OtlpExport): void {
    const trail = extendTrail(sent.trail, this.#trailId);
    if (this.#stopped.signal.aborted) this.#drop('stopped', 1);
    else if (trail === undefined) this.#drop('circle', 1);
    else if (sent.format === 'json' && this.#options.protocol === 'grpc') {
      this.#health.warn(JSON_ADVICE);
      this.#drop('json', 1);
    } else this.#enqueue(sent, trail);
  }

  status(): ForwardStatus {
    const { endpoint, protocol, maxBytes } = this.#options;
    const { reason } = this.#health;
    return {
      endpoint,
      protocol,
      forwarded: this.#forwarded,
      failed: this.#failed,
      dropped: Object.fromEntries(this.#dropped),
      rejectedItems: this.#rejectedItems,
      retries: this.#retries,
      waiting: this.#queue.count,
      waitingBytes: this.#queue.bytes,
      maxBytes,
      ...(reason !== undefined && { reason }),
    };
  }

  degradations(): readonly Degradation[] {
    return this.#health.degradations(this.#queue.count > 0);
  }

  #enqueue(sent: OtlpExport, trail: string): void {
    const dropped = this.#queue.push({ ...sent, trail }, this.#clock.monotonicMs());
    if (dropped > 0) {
      this.#drop('full', dropped);
      this.#health.overflowed();
    }
    this.#arrived();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      if (this.#queue.isEmpty) {
        if (signal.aborted) return;
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
        continue;
      }
      const waitMs = await this.#round();
      if (waitMs === undefined) continue;
      if (signal.aborted) return;
      await this.#clock.sleep(waitMs, signal);
    }
  }

  /** Passes some on; returns how long to wait before those that did not get through, and all others, are tried again. */
  async #round(): Promise<number | undefined> {
    const round = this.#queue.take(MAX_ABREAST, this.#options.maxBytes * ROUND_SHARE);
    const outcomes = await this.#sendAll(round);
    const again: WaitingExport[] = [];
    let namedMs: number | undefined;
    for (const [index, outcome] of outcomes.entries()) {
      this.#count(outcome);
      if (outcome.kind !== 'retry') this.#queue.settle(round[index]);
      else {
        again.push(round[index]);
        if (outcome.afterMs !== undefined) namedMs = Math.max(namedMs ?? 0, outcome.afterMs);
      }
    }
    if (again.length < round.length) this.#retryWait.reset();
    if (again.length === 0) return undefined;
    this.#queue.putBack(again);
    this.#drop('expired', this.#queue.dropBefore(this.#clock.monotonicMs() - EXPIRE_AFTER_MS));
    return this.#retryWait.nextMs(namedMs);
  }

  async #sendAll(round: readonly WaitingExport[]): Promise<readonly ForwardOutcome[]> {
    const headers = await this.#headers.read();
    if (!headers.ok) return round.map(() => ({ kind: 'retry', reason: headers.reason }));
    const attempt = new AbortController();
    const { signal } = attempt;
    this.#attempt = attempt;
    if (this.#stopped.signal.aborted) attempt.abort();
    void this.#clock.sleep(this.#options.timeoutMs, signal).then(() => attempt.abort());
    const outcomes = await Promise.all(
      round.map(({ sent }) =>
        this.#sender.send(sent, { ...headers.headers, [FORWARDED_HEADER]: sent.trail }, signal),
      ),
    );
    attempt.abort();
    return outcomes;
  }

  #count(outcome: ForwardOutcome): void {
    const reason = this.#headers.withoutSecrets(outcome.reason);
    switch (outcome.kind) {
      case 'accepted':
        this.#forwarded++;
        this.#rejectedItems += outcome.rejectedItems;
        this.#health.succeeded(reason);
        return;
      case 'refused':
        this.#failed++;
        this.#health.failed(reason);
        return;
      case 'retry':
        this.#retries++;
        this.#health.failed(reason);
    }
  }

  #drop(reason: DropReason, exports: number): void {
    if (exports > 0) this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + exports);
  }
}
