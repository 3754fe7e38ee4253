import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { OTLP_SERVICES } from '../../../agent/ingest/otlp/otlp-services.ts';
import { failureOf, RunningServer } from '../running-server.ts';
import { HealthClient, ReflectionClient } from '../service-clients.ts';
import { decodeResponse, encodeExport } from './otlp-codec.ts';

const [TRACES, METRICS, LOGS] = OTLP_SERVICES;
const GZIP = { 'grpc.default_compression_algorithm': 2 };

/** An export of one request of an age. */
function exportBytes(nowMs: number, ageMs = 0, name = ''): Uint8Array {
  const endNs = BigInt(nowMs - ageMs) * 1_000_000n;
  const span = {
    traceId: Buffer.alloc(16, 1),
    spanId: Buffer.alloc(8, 1 + ageMs / 1000),
    name,
    startTimeUnixNano: String(endNs - 5000n),
    endTimeUnixNano: String(endNs),
    attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'llama' } }],
  };
  return encodeExport({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

describe('OTLP/gRPC', () => {
  let server: RunningServer;
  const clients: Client[] = [];
  beforeEach(async () => {
    server = await RunningServer.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.stop();
  });

  function call(service: string | undefined, bytes: Uint8Array, channel: object = {}): Promise<Buffer> {
    const client = new Client(server.namedAddress, credentials.createInsecure(), channel);
    clients.push(client);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer): void =>
        answer === undefined ? reject(error) : resolve(answer);
      const asIs = (value: Buffer): Buffer => value;
      client.makeUnaryRequest(`/${service}/Export`, asIs, asIs, Buffer.from(bytes), new Metadata(), done);
    });
  }

  for (const [title, channel] of [
    ['plain', {}],
    ['compressed', GZIP],
  ] as const) {
    it(`takes ${title} exports`, async () => {
      const answer = await call(TRACES, exportBytes(server.clock.wallMs()), channel);
      expect(answer).to.have.length(0);
      expect(server.sink.spans.map(({ tags }) => tags.model)).to.deep.equal(['llama']);
      expect(server.otlp.counts()[0]).to.deep.include({ source: 'otlp_grpc', received: 1, accepted: 1 });
    });
  }

  it('says which spans it refused, and why', async () => {
    const answer = await call(TRACES, exportBytes(server.clock.wallMs(), 60_000));
    expect(decodeResponse(answer)).to.deep.equal({
      partialSuccess: { rejectedSpans: 1, errorMessage: 'too_late' },
    });
  });

  it('refuses what does not parse', async () => {
    const { code } = await failureOf(call(TRACES, Buffer.from([10, 200, 1])));
    expect(code).to.equal(status.INVALID_ARGUMENT);
    expect(server.otlp.counts()[0]).to.deep.include({ received: 0, malformed: 1 });
  });

  it('refuses a message that is too large once unpacked, without unpacking it all', async () => {
    const bomb = Buffer.alloc(8 << 20);
    expect(gzipSync(bomb).length).to.be.below(1 << 20);
    const { code } = await failureOf(call(TRACES, bomb, GZIP));
    expect(code).to.equal(status.RESOURCE_EXHAUSTED);
    expect(server.refusals.counts()).to.deep.equal({ not_unpacked: 1 });
    expect(server.server.receiving().receivingBytes).to.equal(0);
  });

  for (const [name, service] of [
    ['metrics', METRICS],
    ['logs', LOGS],
  ] as const) {
    it(`takes ${name}, counts and discards them`, async () => {
      expect(await call(service, Buffer.from('anything'))).to.have.length(0);
      expect(server.otlp.counts()[0]).to.deep.include({ discarded: 1, received: 0, malformed: 0 });
    });
  }

  it('settles what waits when it stops', async () => {
    const startNs = BigInt(server.clock.wallMs()) * 1_000_000n;
    const times = { startTimeUnixNano: String(startNs - 9000n), endTimeUnixNano: String(startNs) };
    const span = {
      traceId: Buffer.alloc(16, 2),
      spanId: Buffer.alloc(8, 2),
      name: 'InferRequest',
      ...times,
    };
    const scopeSpans = [{ scope: { name: 'triton-server' }, spans: [span] }];
    await call(TRACES, encodeExport({ resourceSpans: [{ scopeSpans }] }));
    const waiting = server.otlp.counts()[0]?.received;
    expect(server.otlp.waiting()).to.deep.equal({ waiting: 1, hurried: 0 });
    await server.server.stop(AbortSignal.timeout(500));
    expect([waiting, server.otlp.counts()[0]?.received]).to.deep.equal([0, 1]);
  });

  it('is declared to probes and to reflection', async () => {
    const health = new HealthClient(server.namedAddress);
    const reflection = new ReflectionClient(server.namedAddress);
    expect(await reflection.listServices()).to.include.members([...OTLP_SERVICES]);
    for (const service of OTLP_SERVICES) {
      expect(await health.check(service)).to.equal('SERVING');
      expect(await reflection.methodsOf(service)).to.deep.equal(['Export']);
    }
    health.close();
    reflection.close();
  });
});
