import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client, credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { SelfPoints } from '../../../agent/flush/self-points.ts';
import { Forwarder } from '../../../agent/ingest/otlp/forward/forwarder.ts';
import { OtlpHttpServer } from '../../../agent/ingest/otlp/otlp-http-server.ts';
import { OtlpIntake } from '../../../agent/ingest/otlp/otlp-intake.ts';
import { RefusalCounter } from '../../../agent/ingest/refusal-counter.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { RecordingSink } from '../../fakes/recording-sink.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { poll } from '../../poll.ts';
import { type RunningAgent, startAgent } from '../../running-agent.ts';
import { type Receiver, startGrpcReceiver, startHttpReceiver } from './forward-receivers.ts';
import { encodeExport, jsonOf } from './otlp-codec.ts';

const NOW_MS = 1_800_000_000_000;
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = { type: 'application/json' };

function exportOf(id: number) {
  const spanId = Buffer.alloc(8);
  spanId.writeUInt32BE(id + 1);
  const span = {
    traceId: Buffer.alloc(16, 7),
    spanId,
    startTimeUnixNano: String(BigInt(NOW_MS) * 1_000_000n - 1000n),
    endTimeUnixNano: String(BigInt(NOW_MS) * 1_000_000n),
    attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'llama' } }],
  };
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
}

function callExport(address: string, bytes: Uint8Array): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const same = (message: Uint8Array): Buffer => Buffer.from(message);
  return new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(TRACES, same, same, bytes, (error) => (error ? reject(error) : resolve()));
  }).finally(() => client.close());
}

async function post(
  address: string,
  path: string,
  body: Uint8Array | string,
  { type = PROTOBUF, gzip = false } = {},
): Promise<number> {
  const headers = { 'content-type': type, ...(gzip && { 'content-encoding': 'gzip' }) };
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    headers,
    body: gzip ? gzipSync(body) : body,
  });
  await response.arrayBuffer();
  return response.status;
}

describe('an agent that forwards', () => {
  let folder: string;
  let running: RunningAgent;
  let receiver: Receiver;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'forward-'));
  });

  afterEach(async () => {
    await running.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(to: Receiver, protocol: string): Promise<void> {
    receiver = to;
    running = await startAgent(new ManualClock(NOW_MS), [
      ['data_dir', folder],
      ['listen.otlp_http', '127.0.0.1:0'],
      ['forward.endpoint', to.endpoint],
      ['forward.protocol', protocol],
    ]);
  }

  const arrived = (count: number): Promise<boolean> =>
    poll(`${count} exports came`, async () => receiver.received.length === count || undefined);

  it('passes on what came over gRPC and HTTP, packed or not, protobuf or JSON, byte for byte', async () => {
    await start(await startHttpReceiver(), 'http/protobuf');
    const bytes = [0, 1, 2].map((id) => encodeExport(exportOf(id)));
    const json = JSON.stringify(jsonOf(exportOf(3)));
    await callExport(running.grpcAddress, bytes[0]);
    expect(await post(running.otlpHttpAddress, '/v1/traces', bytes[1])).to.equal(200);
    expect(await post(running.otlpHttpAddress, '/v1/traces', bytes[2], { gzip: true })).to.equal(200);
    expect(await post(running.otlpHttpAddress, '/v1/traces', json, JSON_TYPE)).to.equal(200);
    expect(await post(running.otlpHttpAddress, '/v1/metrics', 'any bytes')).to.equal(200);
    await arrived(5);
    const sent = [
      ...bytes.map((message) => Buffer.from(message)),
      Buffer.from(json),
      Buffer.from('any bytes'),
    ];
    const came = receiver.received.map((got) => got.bytes.toString('hex')).toSorted();
    expect(came).to.deep.equal(sent.map((message) => message.toString('hex')).toSorted());
    expect(receiver.received.filter(({ path }) => path === '/v1/metrics')).to.have.length(1);
    expect(receiver.received.every(({ headers }) => headers['content-encoding'] === undefined)).to.equal(
      true,
    );
    await poll('all are counted', async () => running.agent.status().forward?.forwarded === 5 || undefined);
    const accepted = running.agent.status().sources.map((source) => source.accepted);
    expect(accepted.reduce((sum, spans) => sum + spans, 0)).to.equal(4);
  });

  it('passes on over gRPC what came over HTTP', async () => {
    await start(await startGrpcReceiver(), 'grpc');
    const bytes = encodeExport(exportOf(0));
    await post(running.otlpHttpAddress, '/v1/traces', bytes, { gzip: true });
    await arrived(1);
    expect(receiver.received[0]?.path).to.equal(TRACES);
    expect(receiver.received[0]?.bytes.equals(bytes)).to.equal(true);
  });

  it('passes on nothing that it refused', async () => {
    await start(await startHttpReceiver(), 'http/protobuf');
    expect(await post(running.otlpHttpAddress, '/v1/traces', Buffer.from([10, 200]))).to.equal(400);
    expect(await post(running.otlpHttpAddress, '/v1/traces', '{', JSON_TYPE)).to.equal(400);
    await callExport(running.grpcAddress, Buffer.from([10, 200])).catch(() => {});
    await post(running.otlpHttpAddress, '/v1/traces', encodeExport(exportOf(0)));
    await arrived(1);
    expect(running.agent.status().forward).to.include({ waiting: 0, failed: 0 });
  });

  it('answers at once while the far end answers nothing', async () => {
    await start(await startHttpReceiver(['hang']), 'http/protobuf');
    for (let id = 0; id < 50; id++) await callExport(running.grpcAddress, encodeExport(exportOf(id)));
    await poll('some came', async () => receiver.received.length > 0 || undefined);
    const { forward, sources } = running.agent.status();
    expect(sources.find(({ source }) => source === 'otlp_grpc')).to.include({ accepted: 50 });
    expect(forward).to.deep.include({ forwarded: 0, waiting: 50, dropped: {} });
    const process = { cpuSeconds: () => 0, memoryRssBytes: () => 0, uptimeSeconds: () => 0 };
    const eventLoopDelay = () => ({ p99Seconds: 0, maxSeconds: 0 });
    const points = new SelfPoints({}, { ...process, eventLoopDelay }).read(running.agent.status(), NOW_MS);
    const own = points.filter(({ series }) => series.tags['component'] === 'forward');
    expect(own.map(({ fields }) => fields)).to.deep.equal([
      {
        forwarded_total: 0,
        forward_failed_total: 0,
        forward_rejected_total: 0,
        forward_retries_total: 0,
        forward_waiting: 50,
        forward_waiting_bytes: forward?.waitingBytes,
      },
    ]);
  });
});

describe('two agents that forward to each other', () => {
  it('count an export once each, and let it go when it comes back', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const one = await startForwarding(first, second, 0.25);
    const two = await startForwarding(second, first, 0.75);
    try {
      await post(`127.0.0.1:${first}`, '/v1/traces', encodeExport(exportOf(0)));
      await poll('it came back', async () => one.forwarder.status().dropped['circle'] || undefined);
      expect(one.forwarder.status()).to.deep.include({ forwarded: 1, dropped: { circle: 1 } });
      await poll('it is settled', async () => two.forwarder.status().forwarded === 1 || undefined);
      expect([one.sink.spans.length, two.sink.spans.length]).to.deep.equal([1, 1]);
    } finally {
      await one.stop();
      await two.stop();
    }
  });
});

/** An OTLP/HTTP receiver of ours with its forwarder. */
async function startForwarding(port: number, target: number, random: number) {
  const clock = new ManualClock(NOW_MS);
  const log = new SilentLogger();
  const sink = new RecordingSink();
  const endpoint = `http://127.0.0.1:${target}`;
  const forwarder = new Forwarder(
    { endpoint, protocol: 'http/protobuf', headers: {}, timeoutMs: 10_000, maxBytes: 1 << 20 },
    { clock, log, random: () => random },
  );
  const rules = { latenessMs: 30_000, intervalMs: 10_000, labels: [], labelBytes: 256 };
  const intake = new OtlpIntake(rules, sink, clock, log);
  const listen = { address: `127.0.0.1:${port}` };
  const options = { listen, messageBytes: 1 << 20, refusals: new RefusalCounter(), tap: forwarder };
  const server = new OtlpHttpServer(options, intake, log, clock);
  await forwarder.start();
  await server.start();
  const stop = async (): Promise<void> => {
    await server.stop(AbortSignal.abort());
    await forwarder.stop(AbortSignal.abort());
  };
  return { forwarder, sink, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
