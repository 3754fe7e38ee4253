import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { SourceCounts } from '../../../agent/core/status.ts';
import { OtlpHttpServer } from '../../../agent/ingest/otlp/otlp-http-server.ts';
import { OTLP_SERVICES } from '../../../agent/ingest/otlp/otlp-services.ts';
import { RunningServer } from '../running-server.ts';
import { encodeExport, jsonOf, type SpanFields } from './otlp-codec.ts';

const MAX_BYTES = 1 << 20;
const EXPORT = `/${OTLP_SERVICES[0]}/Export`;
const PROTOBUF = 'application/x-protobuf';
const BOMBS = 100;
const NOW_MS = 1_800_000_000_000;

/** What became of a message: the protocol's status, then what was counted. */
interface Outcome {
  readonly status: number;
  readonly accepted: number;
  readonly malformed: number;
  readonly refused: Readonly<Record<string, number>>;
}

const TAKEN = { accepted: 1, malformed: 0, refused: {} };
const MALFORMED = { accepted: 0, malformed: 1, refused: {} };
const TOO_LARGE = { accepted: 0, malformed: 0, refused: { too_large: 1 } };

const SPAN_ID = Buffer.alloc(8, 2);

function exportFields(attributes: SpanFields['attributes'] = []) {
  const span: SpanFields = {
    traceId: Buffer.alloc(16, 1),
    spanId: SPAN_ID,
    startTimeUnixNano: String(BigInt(NOW_MS) * 1_000_000n - 5000n),
    endTimeUnixNano: String(BigInt(NOW_MS) * 1_000_000n),
    attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'llama' } }, ...(attributes ?? [])],
  };
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
}

/** A field of protobuf with a length; `tag` is its number * 8 + 2. */
function field(tag: number, bytes: Uint8Array): Buffer {
  const head = [tag];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    head.push(rest < 128 ? rest : (rest % 128) | 128);
    if (rest < 128) return Buffer.concat([Buffer.from(head), bytes]);
  }
}

/** A list in a list in a list, as the attribute of a span, deeper than protobuf's own libraries read. */
function nestedExport(depth: number): Buffer {
  let value = field(10, Buffer.from('x'));
  for (let k = 0; k < depth; k++) value = field(42, field(10, value));
  const attribute = Buffer.concat([field(10, Buffer.from('gen_ai.request.model')), field(18, value)]);
  return field(10, field(18, field(18, field(74, attribute))));
}

const GOOD = encodeExport(exportFields());
const MANY = Array.from({ length: 10_000 }, (_, i) => ({ key: `key-${i}`, value: { intValue: i } }));
const TWICE = Array.from({ length: 2 }, () => ({
  key: 'gen_ai.operation.name',
  value: { stringValue: 'chat' },
}));
const LARGE = Buffer.alloc(MAX_BYTES + 1);
const GROUPS = Buffer.alloc(100_000, 0x0b);
const ENDLESS = Buffer.alloc(11, 0xff);
const INVALID_NAME = Buffer.from(GOOD);
INVALID_NAME[INVALID_NAME.indexOf('llama')] = 0xff;

/** Message → outcome over gRPC, and over HTTP with its status. */
const CASES: readonly (readonly [string, Uint8Array, number, number, Omit<Outcome, 'status'>])[] = [
  ['a good export', GOOD, status.OK, 200, TAKEN],
  ['one cut off', GOOD.subarray(0, GOOD.length - 3), status.INVALID_ARGUMENT, 400, MALFORMED],
  ['groups in groups in groups', GROUPS, status.INVALID_ARGUMENT, 400, MALFORMED],
  ['a number without an end', ENDLESS, status.INVALID_ARGUMENT, 400, MALFORMED],
  ['more bytes than are taken', LARGE, status.RESOURCE_EXHAUSTED, 413, TOO_LARGE],
  ['10,000 attributes', encodeExport(exportFields(MANY)), status.OK, 200, TAKEN],
  ['keys that come twice', encodeExport(exportFields(TWICE)), status.OK, 200, TAKEN],
  [
    'values nested deep',
    Buffer.concat([GOOD, nestedExport(3000)]),
    status.OK,
    200,
    { ...TAKEN, accepted: 1 },
  ],
  ['a model that is no UTF-8', INVALID_NAME, status.OK, 200, { ...TAKEN, accepted: 0 }],
];

describe('bad input over OTLP', () => {
  let running: RunningServer;
  let http: OtlpHttpServer;
  let client: Client;
  beforeEach(async () => {
    running = await RunningServer.start({ limits: { messageBytes: MAX_BYTES, streams: 200 } });
    const options = {
      listen: { address: '127.0.0.1:0' },
      messageBytes: MAX_BYTES,
      refusals: running.refusals,
    };
    http = new OtlpHttpServer(options, running.otlp, running.log, running.clock);
    await http.start();
    client = new Client(running.namedAddress, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    await http.stop(AbortSignal.timeout(500));
    await running.stop();
  });

  function call(bytes: Uint8Array, channel = client): Promise<number> {
    const same = (value: Buffer): Buffer => value;
    return new Promise((resolve) => {
      const done = (error: ServiceError | null): void => resolve(error?.code ?? status.OK);
      channel.makeUnaryRequest(EXPORT, same, same, Buffer.from(bytes), new Metadata(), done);
    });
  }

  async function post(bytes: Uint8Array | string, headers: Record<string, string>): Promise<number> {
    const url = `http://${http.addresses()['otlp_http']}/v1/traces`;
    const answer = await fetch(url, { method: 'POST', headers, body: bytes });
    await answer.arrayBuffer();
    return answer.status;
  }

  function outcome(code: number): Outcome {
    const counts = running.otlp.counts();
    const sum = (read: (one: SourceCounts) => number): number =>
      counts.reduce((total, one) => total + read(one), 0);
    return {
      status: code,
      accepted: sum(({ accepted }) => accepted),
      malformed: sum(({ malformed }) => malformed),
      refused: running.refusals.counts(),
    };
  }

  for (const [title, bytes, grpcStatus, httpStatus, counted] of CASES) {
    it(`${title}: the specified status, a counter, and the next export is taken`, async () => {
      expect(outcome(await call(bytes))).to.deep.equal({ status: grpcStatus, ...counted });
      const next = Buffer.from(GOOD);
      next[next.indexOf(SPAN_ID)] = 7;
      expect(await call(next)).to.equal(status.OK);
      expect(running.otlp.counts()[0]).to.include({ accepted: counted.accepted + 1 });
    });

    it(`${title}, over HTTP: the same`, async () => {
      const code = await post(bytes, { 'content-type': PROTOBUF });
      expect(outcome(code)).to.deep.equal({ status: httpStatus, ...counted });
    });
  }

  it('takes JSON that is nested deeper than the format goes', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const text = JSON.stringify(jsonOf(exportFields())).replace('{', `{"unknown":${deep},`);
    expect(outcome(await post(text, { 'content-type': 'application/json' }))).to.deep.include({
      status: 200,
      accepted: 1,
    });
  });

  it('bounds what bombs take while they are unpacked, over gRPC and HTTP at once', async () => {
    const bomb = Buffer.alloc(64 << 20);
    const packed = gzipSync(bomb);
    const gzip = new Client(running.namedAddress, credentials.createInsecure(), {
      'grpc.default_compression_algorithm': 2,
      'grpc.max_send_message_length': -1,
    });
    const small = Buffer.alloc(2 << 20);
    const calls = Array.from({ length: BOMBS }, () => call(small, gzip));
    const headers = { 'content-type': PROTOBUF, 'content-encoding': 'gzip' };
    const posts = Array.from({ length: BOMBS }, () => post(packed, headers));
    const codes = await Promise.all(calls);
    expect(codes.every((code) => code === status.RESOURCE_EXHAUSTED || code === status.UNAVAILABLE)).to.equal(
      true,
    );
    expect((await Promise.all(posts)).every((code) => code === 413 || code === 503)).to.equal(true);
    const refused = Object.values(running.refusals.counts()).reduce((sum, count) => sum + count, 0);
    expect(refused).to.equal(2 * BOMBS);
    expect(running.server.receiving().receivingBytes).to.equal(0);
    expect(await call(GOOD)).to.equal(status.OK);
    gzip.close();
  }).timeout(20_000);
});
