import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { encodeExportResponse, encodeStatus } from '../../../agent/ingest/otlp/export-response.ts';
import type { OtlpSignal } from '../../../agent/ingest/otlp/forward/otlp-export.ts';
import { type GrpcReply, type HttpReply, startGrpcReceiver, startHttpReceiver } from './forward-receivers.ts';
import { BYTES, RunningForwarder } from './running-forwarder.ts';

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
  let running: RunningForwarder;

  afterEach(() => running.stop());

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
        running = await RunningForwarder.start(receiver, { protocol, headers: { 'X-Tenant': 'a' } });
        running.offer({ signal });
        await running.until('it is taken', () => running.status.forwarded === 1);
        const [first] = receiver.received;
        expect(first?.path).to.equal(path);
        expect(first?.bytes.equals(BYTES)).to.equal(true);
        expect(first?.headers).to.include({ 'x-tenant': 'a', 'infermeter-forwarded': '8000000080000000' });
        expect(running.status).to.deep.include({ waiting: 0, waitingBytes: 0, failed: 0, dropped: {} });
      });
    }

    it('leaves JSON as it is over HTTP', async () => {
      const receiver = await startHttpReceiver();
      const bytes = Buffer.from('{ "resourceSpans" : [] }');
      running = await RunningForwarder.start(receiver);
      running.offer({ format: 'json', bytes });
      await running.until('it came', () => receiver.received.length === 1);
      expect(receiver.received[0]?.bytes.equals(bytes)).to.equal(true);
      expect(receiver.received[0]?.headers).to.include({ 'content-type': 'application/json' });
    });

    it('drops JSON that would go over gRPC, and says once what to do', async () => {
      running = await RunningForwarder.start(await startGrpcReceiver(), { protocol: 'grpc' });
      for (let i = 0; i < 3; i++) running.offer({ format: 'json' });
      expect(running.status.dropped).to.deep.equal({ json: 3 });
      expect(running.logged.match(/forward\.endpoint to an OTLP\/HTTP endpoint/g)).to.have.length(1);
    });

    it('copies a message that is a small part of its memory, and keeps no more than it', async () => {
      const receiver = await startHttpReceiver();
      running = await RunningForwarder.start(receiver);
      const slab = Buffer.alloc(8192, 1);
      running.offer({ bytes: slab.subarray(10, 20) });
      slab.fill(2);
      await running.until('it came', () => receiver.received.length === 1);
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
        running = await RunningForwarder.start(receiver, { protocol });
        running.offer();
        await running.until('it is refused', () => running.status.failed === 1);
        await running.clock.advance(MINUTE_MS);
        expect(receiver.received).to.have.length(1);
        expect(running.status).to.deep.include({ reason: `${name} no`, retries: 0, waiting: 0 });
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
        running = await RunningForwarder.start(receiver, { protocol });
        running.offer();
        await running.until('it is to be repeated', () => running.status.retries === 1);
        await running.clock.advance(delayMs - 1);
        expect(receiver.received).to.have.length(1);
        await running.clock.advance(1);
        await running.until('it is taken', () => running.status.forwarded === 1);
        expect(receiver.received.map(({ bytes }) => bytes.equals(BYTES))).to.deep.equal([true, true]);
        expect(running.status).not.to.have.property('reason');
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
        running = await RunningForwarder.start(receiver, { protocol });
        running.offer();
        await running.until('it is taken', () => running.status.forwarded === 1);
        await running.clock.advance(MINUTE_MS);
        expect(receiver.received).to.have.length(1);
        expect(running.status).to.deep.include({ rejectedItems: 3, reason: 'too old', failed: 0 });
      });
    }

    it('repeats what got no answer in time', async () => {
      const receiver = await startHttpReceiver(['hang', { status: 200 }]);
      running = await RunningForwarder.start(receiver, { timeoutMs: 500 });
      running.offer();
      await running.until('it came', () => receiver.received.length === 1);
      await running.clock.advance(500);
      await running.until('it is to be repeated', () => running.status.reason === 'no answer in time');
      await running.clock.advance(1125);
      await running.until('it is taken', () => running.status.forwarded === 1);
    });

    it('shows no header that the far end repeats', async () => {
      const body = `bad token s3cret-token in ${SECRET}`;
      const receiver = await startHttpReceiver([{ status: 401, body }]);
      running = await RunningForwarder.start(receiver, { headers: { authorization: SECRET } });
      running.offer();
      await running.until('it is refused', () => running.status.failed === 1);
      expect(receiver.received[0]?.headers).to.include({ authorization: SECRET });
      expect(running.status.reason).to.equal('status 401 bad token *** in ***');
      expect(running.logged).to.contain('status 401').and.not.to.contain('s3cret');
    });
  });
});

async function receiverOf(replies: readonly (HttpReply | GrpcReply)[]) {
  const isHttp = replies.every((reply) => typeof reply === 'object' && 'status' in reply);
  return isHttp
    ? { receiver: await startHttpReceiver(replies as HttpReply[]), protocol: 'http/protobuf' as const }
    : { receiver: await startGrpcReceiver(replies as GrpcReply[]), protocol: 'grpc' as const };
}
