import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConnections } from '../../../agent/connection-checks.ts';
import { SystemClock } from '../../../agent/core/clock.ts';
import { configOf } from '../../config/config-of.ts';
import { MetricsServer } from '../../scrape/metrics-server.ts';
import { ROOT } from '../../source-files.ts';
import { type GrpcReply, type HttpReply, startGrpcReceiver, startHttpReceiver } from './forward-receivers.ts';

const UNREACHABLE = 'http://127.0.0.1:1';

describe('check of servers and far ends', () => {
  const check = (file: string) => checkConnections(configOf({ file }), new SystemClock());

  it('has nothing to say where none is configured', async () => {
    expect(await check('')).to.deep.equal([]);
  });

  describe('scrape', () => {
    const metrics = new MetricsServer();
    before(() => metrics.start());
    after(() => metrics.stop());

    it('says which models the metrics are of', async () => {
      metrics.serve(readFileSync(join(ROOT, 'test/scrape/expositions/vllm.txt'), 'utf8'));
      const [finding] = await check(`scrape: [{url: ${metrics.url}, kind: vllm}]`);
      expect(finding).to.deep.include({ name: `scrape ${metrics.url}`, ok: true });
      expect(finding?.reason).to.match(/^metrics of vllm: \S/);
    });

    const bad: readonly (readonly [string, (() => string) | string, string])[] = [
      ['a server of another kind', () => metrics.url, 'no metrics of triton in it'],
      ['a server that is not there', UNREACHABLE, 'connection refused'],
    ];
    for (const [title, url, reason] of bad) {
      it(`fails at ${title}, and says why`, async () => {
        metrics.serve(readFileSync(join(ROOT, 'test/scrape/expositions/vllm.txt'), 'utf8'));
        const address = typeof url === 'string' ? url : url();
        const [finding] = await check(`scrape: [{url: ${address}, kind: triton}]`);
        expect(finding?.ok).to.equal(false);
        expect(finding).to.include({ name: `scrape ${address}` });
        expect(finding?.reason).to.contain(reason);
      });
    }
  });

  describe('forward', () => {
    const http: readonly (readonly [string, HttpReply, boolean, string])[] = [
      ['takes traces', { status: 200 }, true, 'takes traces over http/protobuf'],
      [
        'wants another token',
        { status: 401, body: 'bad token s3cret-token' },
        false,
        'status 401 bad token ***',
      ],
      ['is no receiver', { status: 404, body: 'not found' }, false, 'status 404 not found'],
    ];
    for (const [title, reply, ok, reason] of http) {
      it(`tells of an OTLP/HTTP endpoint that it ${title}`, async () => {
        const far = await startHttpReceiver([reply]);
        const [finding] = await check(
          `forward: {endpoint: "${far.endpoint}", protocol: http/protobuf, headers: {x-token: s3cret-token}}`,
        );
        expect(finding).to.include({ name: 'forward', ok });
        expect(finding?.reason).to.contain(reason).and.contain(far.endpoint);
        expect(far.received.map(({ path, bytes }) => [path, bytes.length])).to.deep.equal([
          ['/v1/traces', 0],
        ]);
        expect(far.received[0]?.headers).to.include({ 'x-token': 's3cret-token' });
        await far.stop();
      });
    }

    const grpc: readonly (readonly [string, GrpcReply, boolean, string])[] = [
      ['takes traces', Buffer.alloc(0), true, 'takes traces over grpc'],
      [
        'has no such service',
        { code: 12, details: 'unknown service' },
        false,
        'UNIMPLEMENTED unknown service',
      ],
    ];
    for (const [title, reply, ok, reason] of grpc) {
      it(`tells of an OTLP/gRPC endpoint that it ${title}`, async () => {
        const far = await startGrpcReceiver([reply]);
        const [finding] = await check(`forward: {endpoint: "${far.endpoint}", protocol: grpc}`);
        expect(finding).to.include({ name: 'forward', ok });
        expect(finding?.reason).to.contain(reason);
        await far.stop();
      });
    }

    it('fails where nobody listens', async () => {
      const [finding] = await check(`forward: {endpoint: "${UNREACHABLE}", protocol: http/protobuf}`);
      expect(finding).to.include({ ok: false, reason: `${UNREACHABLE} (http/protobuf): ECONNREFUSED` });
    });

    it('fails where the headers cannot be read', async () => {
      const [finding] = await check(
        `forward: {endpoint: "${UNREACHABLE}", headers_file: /nonexistent/headers}`,
      );
      expect(finding?.reason).to.contain(
        '/nonexistent/headers (forward.headers_file) cannot be read: ENOENT',
      );
    });
  });
});
