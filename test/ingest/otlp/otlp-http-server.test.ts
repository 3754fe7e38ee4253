import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import protobuf from 'protobufjs';
import type { ListenOptions } from '../../../agent/core/listen-options.ts';
import { OtlpHttpServer } from '../../../agent/ingest/otlp/otlp-http-server.ts';
import { OtlpIntake } from '../../../agent/ingest/otlp/otlp-intake.ts';
import { RefusalCounter } from '../../../agent/ingest/refusal-counter.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { RecordingSink } from '../../fakes/recording-sink.ts';
import { SilentLogger } from '../../fakes/silent-logger.ts';
import { poll } from '../../poll.ts';
import { decodeResponse, encodeExport, jsonOf } from './otlp-codec.ts';

const NOW_MS = 1_800_000_000_000;
const MAX_BYTES = 64 << 10;
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
/** As what an answer counts. */
const REFUSED: Readonly<Record<number, object>> = { 413: { too_large: 1 }, 415: { unsupported_type: 1 } };
const rpcStatus = new protobuf.Type('Status')
  .add(new protobuf.Field('code', 1, 'int32'))
  .add(new protobuf.Field('message', 2, 'string'));

const exportOf = (ageMs = 0) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              spanId: Buffer.from('0102030405060708', 'hex'),
              traceId: Buffer.alloc(16, 1),
              startTimeUnixNano: String(BigInt(NOW_MS - ageMs) * 1_000_000n - 1000n),
              endTimeUnixNano: String(BigInt(NOW_MS - ageMs) * 1_000_000n),
              attributes: [{ key: 'gen_ai.request.model', value: { stringValue: 'llama' } }],
            },
          ],
        },
      ],
    },
  ],
});
const BYTES = encodeExport(exportOf());
const DOCUMENT = JSON.stringify(jsonOf(exportOf()));
const LATE = encodeExport(exportOf(60_000));
const LATE_DOCUMENT = JSON.stringify(jsonOf(exportOf(60_000)));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('OTLP/HTTP', () => {
  let sink: RecordingSink;
  let intake: OtlpIntake;
  let server: OtlpHttpServer;
  let refusals: RefusalCounter;
  const clock = new ManualClock(NOW_MS);

  async function start(listen: ListenOptions = { address: '127.0.0.1:0' }): Promise<void> {
    sink = new RecordingSink();
    const rules = { latenessMs: 30_000, intervalMs: 10_000, labels: [], labelBytes: 256 };
    intake = new OtlpIntake(rules, sink, clock, new SilentLogger());
    refusals = new RefusalCounter();
    const options = { listen, messageBytes: MAX_BYTES, refusals };
    server = new OtlpHttpServer(options, intake, new SilentLogger(), clock);
    await server.start();
  }

  afterEach(() => server.stop(AbortSignal.timeout(500)));

  const url = (path: string) => `http://${server.addresses()['otlp_http']}${path}`;

  async function post(
    path: string,
    headers: Record<string, string>,
    body: Uint8Array | string,
  ): Promise<Answer> {
    return ask('POST', path, headers, body);
  }

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Uint8Array | string = '',
  ): Promise<Answer> {
    const request = httpRequest(url(path), { method, headers, agent: false });
    request.end(body);
    const [response] = (await once(request, 'response')) as [
      NodeJS.ReadableStream & { statusCode: number; headers: IncomingHttpHeaders },
    ];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  }

  describe('takes', () => {
    beforeEach(() => start());
    const cases: readonly (readonly [string, Record<string, string>, Uint8Array | string])[] = [
      ['protobuf', PROTOBUF, BYTES],
      ['protobuf, gzip', { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync(BYTES)],
      ['protobuf, deflate', { ...PROTOBUF, 'content-encoding': 'deflate' }, deflateSync(BYTES)],
      ['JSON', JSON_TYPE, DOCUMENT],
      ['JSON, gzip', { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(DOCUMENT)],
      ['JSON, identity', { ...JSON_TYPE, 'content-encoding': 'identity' }, DOCUMENT],
      ['protobuf in chunks', { ...PROTOBUF, 'transfer-encoding': 'chunked' }, BYTES],
    ];
    for (const [title, headers, body] of cases) {
      it(title, async () => {
        const answer = await post('/v1/traces', headers, body);
        expect(answer.status).to.equal(200);
        expect(answer.headers['content-type']).to.equal(headers['content-type']?.split(';')[0]);
        expect(answer.body.toString()).to.equal(
          headers['content-type'] === PROTOBUF['content-type'] ? '' : '{}',
        );
        expect(sink.spans.map(({ tags }) => tags.model)).to.deep.equal(['llama']);
      });
    }

    it('an export with a span that is refused, and says so in the encoding it came in', async () => {
      const binary = await post('/v1/traces', PROTOBUF, LATE);
      expect(decodeResponse(binary.body)).to.deep.equal({
        partialSuccess: { rejectedSpans: 1, errorMessage: 'too_late' },
      });
      const other = LATE_DOCUMENT.replace('0102030405060708', '0102030405060709');
      const text = await post('/v1/traces', JSON_TYPE, other);
      expect(JSON.parse(text.body.toString())).to.deep.equal({
        partialSuccess: { rejectedSpans: '1', errorMessage: 'too_late' },
      });
    });

    for (const signal of ['metrics', 'logs']) {
      it(`${signal}, which it counts and discards`, async () => {
        expect((await post(`/v1/${signal}`, PROTOBUF, 'anything')).status).to.equal(200);
        expect((await post(`/v1/${signal}`, JSON_TYPE, '{}')).body.toString()).to.equal('{}');
        expect(intake.counts()[1]).to.deep.include({ discarded: 2, received: 0, malformed: 0 });
      });
    }
  });

  describe('answers', () => {
    beforeEach(() => start());
    const gzipped = { ...PROTOBUF, 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const large = Buffer.alloc(MAX_BYTES + 1);
    const cases: readonly (readonly [
      number,
      string,
      string,
      string,
      Record<string, string>,
      Uint8Array | string,
    ])[] = [
      [400, 'bytes that are no export', 'POST', '/v1/traces', PROTOBUF, Buffer.from([10, 200, 1])],
      [400, 'text that is no JSON', 'POST', '/v1/traces', JSON_TYPE, '{"resourceSpans":'],
      [400, 'JSON of another form', 'POST', '/v1/traces', JSON_TYPE, '{"resourceSpans":{}}'],
      [400, 'gzip that is damaged', 'POST', '/v1/traces', gzipped, BYTES],
      [404, 'another path', 'POST', '/v1/profiles', PROTOBUF, BYTES],
      [405, 'another method', 'GET', '/v1/traces', {}, ''],
      [413, 'a body that says it is too large', 'POST', '/v1/traces', PROTOBUF, large],
      [
        413,
        'a body that is too large',
        'POST',
        '/v1/traces',
        { ...PROTOBUF, 'transfer-encoding': 'chunked' },
        large,
      ],
      [413, 'a body that is too large once unpacked', 'POST', '/v1/traces', gzipped, bomb],
      [415, 'another content type', 'POST', '/v1/traces', { 'content-type': 'text/plain' }, BYTES],
      [415, 'no content type', 'POST', '/v1/traces', {}, BYTES],
      [
        415,
        'another content encoding',
        'POST',
        '/v1/traces',
        { ...PROTOBUF, 'content-encoding': 'br' },
        BYTES,
      ],
    ];
    for (const [status, title, method, path, headers, body] of cases) {
      it(`${status} to ${title}`, async () => {
        const answer = await ask(method, path, headers, body);
        expect(answer.status).to.equal(status);
        const isBinary = headers['content-type'] === PROTOBUF['content-type'];
        const said = isBinary
          ? rpcStatus.toObject(rpcStatus.decode(answer.body))
          : (JSON.parse(answer.body.toString()) as Record<string, unknown>);
        expect(said['code']).to.be.above(0);
        expect(said['message']).to.be.a('string').that.is.not.empty;
        expect(sink.spans).to.deep.equal([]);
        expect(intake.counts()[1]?.malformed).to.equal(status === 400 ? 1 : 0);
        expect(refusals.counts()).to.deep.equal(REFUSED[status] ?? {});
        expect((await post('/v1/traces', PROTOBUF, BYTES)).status).to.equal(200);
      });
    }

    it('503 with Retry-After while too many bodies are on their way, and takes them all the same', async () => {
      const open = Array.from({ length: 32 }, () => {
        const headers = { ...PROTOBUF, 'content-length': BYTES.length };
        const request = httpRequest(url('/v1/traces'), { method: 'POST', headers, agent: false });
        request.write(BYTES.subarray(0, 10));
        return request;
      });
      const refused = await poll('the server is full', async () => {
        const answer = await post('/v1/metrics', PROTOBUF, '');
        return answer.status === 503 ? answer : undefined;
      });
      expect(Number(refused.headers['retry-after'])).to.be.at.least(1);
      expect(refusals.counts()).to.have.property('overload').above(0);
      const answers = open.map((request) => once(request, 'response'));
      for (const request of open) request.end(BYTES.subarray(10));
      const statuses = await Promise.all(
        answers.map(async (answer) => (await answer)[0].statusCode as number),
      );
      expect(new Set(statuses)).to.deep.equal(new Set([200]));
      expect((await post('/v1/metrics', PROTOBUF, '')).status).to.equal(200);
    });

    it('nothing to a sender that goes away, and has its place free again', async () => {
      for (let i = 0; i < 40; i++) {
        const headers = { ...PROTOBUF, 'content-length': 1000 };
        const request = httpRequest(url('/v1/traces'), { method: 'POST', headers, agent: false });
        request.on('error', () => {});
        request.write('x');
        await new Promise((resolve) => setImmediate(resolve));
        request.destroy();
      }
      await poll('places are free', async () =>
        (await post('/v1/traces', PROTOBUF, BYTES)).status === 200 ? true : undefined,
      );
    });
  });

  it('keeps connections for longer than exporters wait between exports', async () => {
    await start();
    const { headers } = await post('/v1/traces', { ...PROTOBUF, connection: 'keep-alive' }, BYTES);
    expect(headers['keep-alive']).to.equal('timeout=65');
  });

  it('asks for a token where the listener has one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'infermeter-otlp-'));
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'secret\n');
    await start({ address: '127.0.0.1:0', tokenFile });
    const refused = await post('/v1/traces', PROTOBUF, BYTES);
    expect(refused.status).to.equal(401);
    expect(refused.headers['www-authenticate']).to.contain('Bearer');
    expect(refusals.counts()).to.deep.equal({ unauthorized: 1 });
    const taken = await post('/v1/traces', { ...PROTOBUF, authorization: 'Bearer secret' }, BYTES);
    expect(taken.status).to.equal(200);
    rmSync(folder, { recursive: true });
  });

  it('is degraded while its port is busy, and comes when it is free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await start({ address: `127.0.0.1:${port}` });
    expect(server.addresses()).to.deep.equal({});
    const [trouble] = server.degradations();
    expect(trouble).to.include({ component: 'listen.otlp_http' });
    expect(trouble?.reason).to.contain(String(port));
    other.close();
    await once(other, 'close');
    await clock.advance(10_000);
    await poll('the port is open', async () => (server.degradations().length === 0 ? true : undefined));
    expect((await post('/v1/logs', PROTOBUF, '')).status).to.equal(200);
  });
});
