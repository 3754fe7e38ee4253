import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Logger } from '../../../agent/core/logger.ts';
import { encodeExportResponse, encodeStatus } from '../../../agent/ingest/otlp/export-response.ts';
import { Forwarder, type ForwarderOptions } from '../../../agent/ingest/otlp/forward/forwarder.ts';
import type { OtlpExport, OtlpSignal } from '../../../agent/ingest/otlp/forward/otlp-export.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { poll } from '../../poll.ts';
import {
  type GrpcReply,
  type HttpReply,
  type Receiver,
  startGrpcReceiver,
  startHttpReceiver,
} from './forward-receivers.ts';

const BYTES = Buffer.from('0a0712050a03666f6f', 'hex');
const PARTIAL = encodeExportResponse({ kind: 'taken', rejected: 3, reason: 'too old' });
const MINUTE_MS = 60_000;
const SECRET = 'Bearer s3cret-token';
/** `google.rpc.Status` with a `RetryInfo` of 5 s. */
const RETRY_INFO = (() => {
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const delay = Buffer.from([0x0a, 2, 0x08, 5]);
  const any = Buffer.concat([
    Buffer.from([0x0a, type.length]),
    type,
    Buffer.from([0x12, delay.length]),
    delay,
  ]);
  return Buffer.concat([encodeStatus(8, 'full'), Buffer.from([0x1a, any.length]), any]);
})();

describe('forwarding', () => {
  let clock: ManualClock;
  let logged: string;
  const receivers: Receiver[] = [];
  const forwarders: Forwarder[] = [];

  beforeEach(() => {
    clock = new ManualClock();
    logged = '';
  });

  afterEach(async () => {
    for (const forwarder of forwarders.splice(0)) await forwarder.stop(AbortSignal.abort());
    for (const receiver of receivers.splice(0)) await receiver.stop();
  });

  async function start(receiver: Receiver, options: Partial<ForwarderOptions> = {}): Promise<Forwarder> {
    receivers.push(receiver);
    return startTo(receiver.endpoint, options);
  }

  async function startTo(endpoint: string, options: Partial<ForwarderOptions> = {}): Promise<Forwarder> {
    const line = (context: object, message: string): void => {
      logged += `${message} ${JSON.stringify(context)}\n`;
    };
    const log: Logger = { debug: line, info: line, warn: line, error: line };
    const defaults = {
      protocol: 'http/protobuf',
      headers: {},
      timeoutMs: 10_000,
      maxBytes: 1 << 20,
    } as const;
    const forwarder = new Forwarder({ endpoint, ...defaults, ...options }, { clock, log, random: () => 0.5 });
    forwarders.push(forwarder);
    await forwarder.start();
    return forwarder;
  }

  const until = (what: string, holds: () => boolean): Promise<boolean> =>
    poll(what, async () => holds() || undefined);
  const sendOne = (forwarder: Forwarder, fields: Partial<OtlpExport> = {}): void =>
    forwarder.offer({ signal: 'traces', format: 'protobuf', bytes: BYTES, trail: '', ...fields });

  describe('of bytes', () => {
    const cases: readonly ['http/protobuf' | 'grpc', OtlpSignal, string][] = [
      ['http/protobuf', 'traces', '/v1/traces'],
      ['http/protobuf', 'metrics', '/v1/metrics'],
      ['http/protobuf', 'logs', '/v1/logs'],
      ['grpc', 'traces', '/opentelemetry.proto.collector.trace.v1.TraceService/Export'],
      ['grpc', 'metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
      ['grpc', 'logs', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
    ];
    for (const [protocol, signal, path] of cases) {
      it(`leaves ${signal} over ${protocol} as they are, with the headers of the config`, async () => {
        const receiver = await (protocol === 'grpc' ? startGrpcReceiver() : startHttpReceiver());
        const forwarder = await start(receiver, { protocol, headers: { 'X-Tenant': 'a' } });
        sendOne(forwarder, { signal });
        await until('it is taken', () => forwarder.status().forwarded === 1);
        const [first] = receiver.received;
        expect(first?.path).to.equal(path);
        expect(first?.bytes.equals(BYTES)).to.equal(true);
        expect(first?.headers).to.include({ 'x-tenant': 'a', 'infermeter-forwarded': '8000000080000000' });
        expect(forwarder.status()).to.deep.include({ waiting: 0, waitingBytes: 0, failed: 0, dropped: {} });
      });
    }

    it('leaves JSON as it is over HTTP', async () => {
      const receiver = await startHttpReceiver();
      const bytes = Buffer.from('{ "resourceSpans" : [] }');
      sendOne(await start(receiver), { format: 'json', bytes });
      await until('it came', () => receiver.received.length === 1);
      expect(receiver.received[0]?.bytes.equals(bytes)).to.equal(true);
      expect(receiver.received[0]?.headers).to.include({ 'content-type': 'application/json' });
    });

    it('drops JSON that would go over gRPC, and says once what to do', async () => {
      const forwarder = await start(await startGrpcReceiver(), { protocol: 'grpc' });
      for (let i = 0; i < 3; i++) sendOne(forwarder, { format: 'json' });
      expect(forwarder.status().dropped).to.deep.equal({ json: 3 });
      expect(logged.match(/forward\.endpoint to an OTLP\/HTTP endpoint/g)).to.have.length(1);
    });

    it('copies a message that is a small part of its memory, and keeps no more than it', async () => {
      const receiver = await startHttpReceiver();
      const forwarder = await start(receiver);
      const slab = Buffer.alloc(8192, 1);
      sendOne(forwarder, { bytes: slab.subarray(10, 20) });
      slab.fill(2);
      await until('it came', () => receiver.received.length === 1);
      expect(receiver.received[0]?.bytes).to.deep.equal(Buffer.alloc(10, 1));
    });
  });

  describe('with a far end that does not take it', () => {
    const refusals: readonly [string, HttpReply | GrpcReply][] = [
      ...[302, 400, 401, 404, 413, 500].map(
        (code) => [`status ${code}`, { status: code, body: 'no' }] as [string, HttpReply],
      ),
      ['INVALID_ARGUMENT', { code: status.INVALID_ARGUMENT, details: 'no' }],
      ['UNAUTHENTICATED', { code: status.UNAUTHENTICATED, details: 'no' }],
      ['RESOURCE_EXHAUSTED', { code: status.RESOURCE_EXHAUSTED, details: 'no' }],
    ];
    for (const [name, reply] of refusals) {
      it(`does not repeat what was refused with ${name}`, async () => {
        const { receiver, protocol } = await receiverOf([reply]);
        const forwarder = await start(receiver, { protocol });
        sendOne(forwarder);
        await until('it is refused', () => forwarder.status().failed === 1);
        await clock.advance(MINUTE_MS);
        expect(receiver.received).to.have.length(1);
        expect(forwarder.status()).to.deep.include({ reason: `${name} no`, retries: 0, waiting: 0 });
      });
    }

    const delays: readonly [string, HttpReply | GrpcReply, number][] = [
      ['429', { status: 429 }, 1125],
      ['502', { status: 502 }, 1125],
      ['503', { status: 503 }, 1125],
      ['504', { status: 504 }, 1125],
      ['503 with Retry-After', { status: 503, headers: { 'retry-after': '5' } }, 5625],
      ['UNAVAILABLE', { code: status.UNAVAILABLE, details: 'no' }, 1125],
      ['ABORTED', { code: status.ABORTED, details: 'no' }, 1125],
      [
        'RESOURCE_EXHAUSTED with RetryInfo',
        { code: status.RESOURCE_EXHAUSTED, details: 'no', statusDetails: RETRY_INFO },
        5625,
      ],
    ];
    for (const [name, reply, delayMs] of delays) {
      it(`repeats after ${name}, ${delayMs} ms later`, async () => {
        const good = 'status' in (reply as object) ? { status: 200 } : Buffer.alloc(0);
        const { receiver, protocol } = await receiverOf([reply, good]);
        const forwarder = await start(receiver, { protocol });
        sendOne(forwarder);
        await until('it is to be repeated', () => forwarder.status().retries === 1);
        await clock.advance(delayMs - 1);
        expect(receiver.received).to.have.length(1);
        await clock.advance(1);
        await until('it is taken', () => forwarder.status().forwarded === 1);
        expect(receiver.received.map(({ bytes }) => bytes.equals(BYTES))).to.deep.equal([true, true]);
        expect(forwarder.status()).not.to.have.property('reason');
      });
    }

    const partials: readonly [string, HttpReply | GrpcReply][] = [
      ['HTTP', { status: 200, body: PARTIAL }],
      [
        'JSON',
        {
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}',
        },
      ],
      ['gRPC', PARTIAL],
    ];
    for (const [name, reply] of partials) {
      it(`counts what was taken in part over ${name}, and does not repeat it`, async () => {
        const { receiver, protocol } = await receiverOf([reply]);
        const forwarder = await start(receiver, { protocol });
        sendOne(forwarder);
        await until('it is taken', () => forwarder.status().forwarded === 1);
        await clock.advance(MINUTE_MS);
        expect(receiver.received).to.have.length(1);
        expect(forwarder.status()).to.deep.include({ rejectedItems: 3, reason: 'too old', failed: 0 });
      });
    }

    it('repeats what got no answer in time', async () => {
      const receiver = await startHttpReceiver(['hang', { status: 200 }]);
      const forwarder = await start(receiver, { timeoutMs: 500 });
      sendOne(forwarder);
      await until('it came', () => receiver.received.length === 1);
      await clock.advance(500);
      await until('it is to be repeated', () => forwarder.status().reason === 'no answer in time');
      await clock.advance(1125);
      await until('it is taken', () => forwarder.status().forwarded === 1);
    });

    it('shows no header that the far end repeats', async () => {
      const body = `bad token s3cret-token in ${SECRET}`;
      const receiver = await startHttpReceiver([{ status: 401, body }]);
      const forwarder = await start(receiver, { headers: { authorization: SECRET } });
      sendOne(forwarder);
      await until('it is refused', () => forwarder.status().failed === 1);
      expect(receiver.received[0]?.headers).to.include({ authorization: SECRET });
      expect(forwarder.status().reason).to.equal('status 401 bad token *** in ***');
      expect(logged).to.contain('status 401').and.not.to.contain('s3cret');
    });
  });

  describe('through an outage', () => {
    for (const protocol of ['http/protobuf', 'grpc'] as const) {
      const startReceiver = protocol === 'grpc' ? startGrpcReceiver : startHttpReceiver;

      it(`keeps what comes over ${protocol}, says so after 30 s, and passes it on in its order`, async () => {
        const before = await startReceiver();
        await before.stop();
        const forwarder = await startTo(before.endpoint, { protocol });
        for (let i = 0; i < 20; i++) sendOne(forwarder, { bytes: Buffer.from([i]) });
        await advanceUntil('it has failed', 10_000, () => forwarder.status().retries > 0);
        expect(forwarder.degradations()).to.deep.equal([]);
        await clock.advance(31_000);
        expect(forwarder.degradations()).to.have.length(1);
        expect(forwarder.degradations()[0]?.reason).to.match(
          /^OTLP exports are not passed on: .*ECONNREFUSED/,
        );
        const after = await startReceiver(undefined, Number(new URL(before.endpoint).port));
        receivers.push(after);
        await advanceUntil('all are taken', 5000, () => forwarder.status().forwarded === 20);
        expect(forwarder.degradations()).to.deep.equal([]);
        const order = after.received.map(({ bytes }) => bytes[0] ?? -1);
        const firstOfRounds = order.filter((_, index) => index % 8 === 0);
        expect(order.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
        expect(firstOfRounds).to.deep.equal(firstOfRounds.toSorted((a, b) => a - b));
      });
    }

    it('lets go of what is older than 5 minutes, and counts it', async () => {
      const forwarder = await start(await startHttpReceiver([{ status: 503 }]));
      sendOne(forwarder);
      await advanceUntil('it is let go', 10_000, () => forwarder.status().dropped['expired'] === 1);
      expect(clock.monotonicMs()).to.be.within(300_000, 400_000);
      expect(forwarder.status()).to.deep.include({ waiting: 0, waitingBytes: 0, forwarded: 0 });
    });

    it('keeps at most max_bytes, drops the oldest, counts and shows them', async () => {
      const receiver = await startHttpReceiver(['hang']);
      const maxBytes = 64 << 10;
      const forwarder = await start(receiver, { maxBytes });
      for (let i = 0; i < 100; i++) {
        sendOne(forwarder, { bytes: Buffer.alloc(4096, i) });
        expect(forwarder.status().waitingBytes).to.be.at.most(maxBytes);
      }
      const { waiting, dropped } = forwarder.status();
      expect(waiting).to.be.above(10);
      expect((dropped['full'] ?? 0) + waiting).to.equal(100);
      expect(forwarder.degradations()[0]?.reason).to.contain('forward.max_bytes');
    });

    it('does not take an export larger than max_bytes', async () => {
      const forwarder = await start(await startHttpReceiver(), { maxBytes: 64 << 10 });
      sendOne(forwarder, { bytes: Buffer.alloc(65 << 10) });
      expect(forwarder.status()).to.deep.include({ dropped: { full: 1 }, waiting: 0, waitingBytes: 0 });
    });
  });

  describe('in a circle', () => {
    it('drops what it passed on before, and adds its name to what others did', async () => {
      const receiver = await startHttpReceiver();
      const forwarder = await start(receiver);
      sendOne(forwarder, { trail: 'aaaa' });
      await until('it came', () => receiver.received.length === 1);
      const trail = receiver.received[0]?.headers['infermeter-forwarded'] ?? '';
      expect(trail).to.equal('aaaa,8000000080000000');
      const tooLong = Array.from({ length: 8 }, (_, i) => `a${i}`).join(',');
      for (const again of [trail, `${trail},bbbb`, tooLong, 'no trail']) sendOne(forwarder, { trail: again });
      expect(forwarder.status().dropped).to.deep.equal({ circle: 4 });
      expect(receiver.received).to.have.length(1);
    });
  });

  describe('at the stop', () => {
    it('tries once more what waits', async () => {
      const receiver = await startHttpReceiver([{ status: 503 }, { status: 200 }]);
      const forwarder = await start(receiver);
      sendOne(forwarder);
      await until('it waits', () => forwarder.status().retries === 1 && forwarder.status().waiting === 1);
      sendOne(forwarder);
      await forwarder.stop(new AbortController().signal);
      expect(forwarder.status()).to.deep.include({ forwarded: 2, waiting: 0, dropped: {} });
    });

    it('gives up after 2 s, and says what is lost', async () => {
      const receiver = await startHttpReceiver(['hang']);
      const forwarder = await start(receiver);
      for (let i = 0; i < 3; i++) sendOne(forwarder);
      await until('some came', () => receiver.received.length > 0);
      const stopped = forwarder.stop(new AbortController().signal);
      await clock.advance(2000);
      await stopped;
      expect(forwarder.status()).to.deep.include({ dropped: { stopped: 3 }, waiting: 0, waitingBytes: 0 });
      expect(logged).to.match(/lost \{"exports":3,/);
      sendOne(forwarder);
      expect(forwarder.status().dropped).to.deep.equal({ stopped: 4 });
    });
  });

  async function receiverOf(replies: readonly (HttpReply | GrpcReply)[]) {
    const isHttp = replies.every((reply) => typeof reply === 'object' && 'status' in reply);
    return isHttp
      ? { receiver: await startHttpReceiver(replies as HttpReply[]), protocol: 'http/protobuf' as const }
      : { receiver: await startGrpcReceiver(replies as GrpcReply[]), protocol: 'grpc' as const };
  }

  function advanceUntil(what: string, stepMs: number, holds: () => boolean): Promise<boolean> {
    return poll(what, async () => {
      if (holds()) return true;
      await clock.advance(stepMs);
      return undefined;
    });
  }
});
