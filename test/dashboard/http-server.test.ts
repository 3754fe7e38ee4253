import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { PointHistory } from '../../agent/dashboard/point-history.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { poll } from '../poll.ts';
import { HttpHarness } from './http-harness.ts';
import { createPoint, createStatus } from './sample-agent.ts';

const NOW_MS = 1_800_000_000_000;
const DEGRADED = [{ component: 'exporter:influxdb', reason: 'refused the token', sinceMs: NOW_MS }];

describe('HttpServer', () => {
  let harness: HttpHarness;
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-assets-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(folder, 'page.js'), 'export {};');
    writeFileSync(join(folder, 'secret.key'), 'not an asset');
  });
  after(() => rmSync(folder, { recursive: true }));

  async function start(...args: ConstructorParameters<typeof HttpHarness>): Promise<void> {
    const [sources, options, clock] = args;
    const assets = pathToFileURL(`${folder}/`);
    harness = new HttpHarness(sources, { assets, ...options }, clock);
    await harness.server.start();
  }
  afterEach(() => harness.stop());

  const routes: [path: string, status: number, contentType: RegExp, body: RegExp][] = [
    ['/', 200, /text\/html/, /<title>page/],
    ['/assets/page.js', 200, /text\/javascript/, /export/],
    ['/assets/secret.key', 404, /json/, /no_asset/],
    ['/assets/..%2f..%2fpackage.json', 404, /json/, /no_asset/],
    ['/assets/../../package.json', 404, /json/, /not_found/],
    ['/assets/constructor', 404, /json/, /no_asset/],
    ['/healthz', 200, /json/, /"status":"ok"/],
    ['/readyz', 200, /json/, /"status":"ok"/],
    ['/metrics', 200, /text\/plain/, /^up 1$/m],
    ['/api/v1/status', 200, /json/, /"instance":"pod-7".*"streams":\{"clients":0/],
    ['/api/v1/series', 200, /json/, /"series":\[\]/],
    ['/api/v1/points?measurement=inference', 200, /json/, /"source":"memory"/],
    ['/api/v1/points?measurement=host', 404, /json/, /no_history.*exporters\.local/],
    ['/api/v1/points?measurement=inference&from=yesterday', 400, /json/, /"parameter":"from"/],
    ['/api/v1/stream?color=red', 400, /json/, /"parameter":"color"/],
    ['/nothing', 404, /json/, /not_found/],
  ];
  for (const [path, status, contentType, body] of routes) {
    it(`answers ${path} with ${status}`, async () => {
      await start();
      const answer = await harness.get(path);
      expect(answer.status).to.equal(status);
      expect(answer.headers['content-type']).to.match(contentType);
      expect(answer.body).to.match(body);
      expect(answer.headers['x-content-type-options']).to.equal('nosniff');
      expect(answer.headers['content-security-policy'])
        .to.contain("script-src 'self'")
        .and.contain("frame-ancestors 'none'");
    });
  }

  it('refuses what is neither GET nor HEAD', async () => {
    await start();
    expect((await harness.get('/api/v1/status', {}, 'POST')).status).to.equal(405);
    expect(await harness.get('/healthz', {}, 'HEAD')).to.include({ status: 200, body: '' });
  });

  it('sends an asset once, and compressed where that is understood', async () => {
    await start();
    const first = await harness.get('/assets/page.js', { 'accept-encoding': 'gzip, br' });
    expect(first.headers['content-encoding']).to.equal('gzip');
    const again = await harness.get('/assets/page.js', { 'if-none-match': String(first.headers.etag) });
    expect(again).to.include({ status: 304, body: '' });
  });

  it('says how to build the page where it is not built', async () => {
    await start({}, { assets: pathToFileURL(join(folder, 'missing/')) });
    expect(await harness.get('/'))
      .to.have.property('body')
      .that.contains('npm run build');
  });

  const hosts: [host: string, status: number][] = [
    ['localhost:9865', 200],
    ['agent.localhost', 200],
    ['127.0.0.1:9865', 200],
    ['[::1]:9865', 200],
    ['10.0.0.7', 200],
    ['rebound.example:9865', 421],
    ['localhost.example', 421],
    ['127.0.0.1.example', 421],
  ];
  for (const [host, status] of hosts) {
    it(`on loopback answers ${status} to the host ${host}`, async () => {
      await start();
      expect((await harness.get('/api/v1/status', { host })).status).to.equal(status);
    });
  }

  describe('readiness', () => {
    const cases: [what: string, taking: boolean, path: string, status: number, state: string][] = [
      ['trouble elsewhere does not unready it', true, '/readyz', 200, 'degraded'],
      ['strict callers are told by the status', true, '/readyz?strict=1', 503, 'degraded'],
      ['no spans taken is unready', false, '/readyz', 503, 'unavailable'],
    ];
    for (const [what, taking, path, status, state] of cases) {
      it(what, async () => {
        const outbox = { bytes: 10, maxBytes: 100, points: 5, oldestMs: 2000, remainingSeconds: 600 };
        await start({ status: () => createStatus({ degraded: DEGRADED, outbox }), taking: () => taking });
        const answer = await harness.get(path);
        expect(answer.status).to.equal(status);
        expect(JSON.parse(answer.body)).to.deep.equal({ status: state, degraded: DEGRADED, outbox });
      });
    }
  });

  describe('history', () => {
    const rows = [{ time: NOW_MS, tags: { variant: 'int8' }, fields: { requests: 7, errors: 1 } }];

    it('comes from the local store, with the query as asked', async () => {
      const asked: object[] = [];
      const history: PointHistory = {
        query: async (query) => {
          asked.push({ ...query, tags: { ...query.tags } });
          return { rows, truncated: true };
        },
      };
      await start({ history });
      const path = '/api/v1/points?measurement=host&from=10&to=20&limit=5&fields=requests&variant=int8';
      expect(JSON.parse((await harness.get(path)).body)).to.deep.equal({
        source: 'store',
        truncated: true,
        rows: [{ measurement: 'host', time: NOW_MS, tags: { variant: 'int8' }, fields: { requests: 7 } }],
      });
      const tags = { variant: 'int8' };
      expect(asked).to.deep.equal([{ measurement: 'host', fromMs: 10, toMs: 20, limit: 5, tags }]);
    });

    it('comes from memory where the store cannot be read, as far as memory goes', async () => {
      await start({ history: { query: () => Promise.reject(new Error('disk on fire')) } });
      harness.feed.publish([createPoint(NOW_MS)]);
      const inference = await harness.get('/api/v1/points?measurement=inference');
      expect(JSON.parse(inference.body)).to.include({ source: 'memory' }).with.property('rows').of.length(1);
      const host = await harness.get('/api/v1/points?measurement=host');
      expect(host.status).to.equal(503);
      expect(host.body).to.contain('disk on fire');
    });
  });

  it('serves nothing but probes and metrics on the health listener', async () => {
    await start({}, { healthListen: { address: '127.0.0.1:0' } });
    const url = `http://${harness.server.addresses.health}`;
    const statuses = ['/healthz', '/readyz', '/metrics', '/', '/api/v1/status'].map(
      async (path) => (await fetch(url + path)).status,
    );
    expect(await Promise.all(statuses)).to.deep.equal([200, 200, 200, 404, 404]);
  });

  it('asks for a token, but not for the page itself and for probes', async () => {
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'open-sesame\n');
    await start({}, { listen: { address: '127.0.0.1:0', tokenFile } });
    const paths = ['/', '/assets/page.js', '/healthz', '/readyz', '/metrics', '/api/v1/status'];
    const statuses = paths.map(async (path) => (await harness.get(path)).status);
    expect(await Promise.all(statuses)).to.deep.equal([200, 200, 200, 200, 401, 401]);
    const authorization = 'Bearer open-sesame';
    expect((await harness.get('/api/v1/status', { authorization })).status).to.equal(200);
    expect((await harness.get('/api/v1/status', { authorization: 'Bearer no' })).status).to.equal(401);
  });

  describe('on a busy port', () => {
    let other: Server;
    beforeEach(async () => {
      other = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
    });
    afterEach(() => other.close());

    it('starts all the same, names port and key, and takes the port once it is free', async () => {
      const clock = new ManualClock();
      const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
      await start({}, { listen: { address } }, clock);
      const [trouble] = harness.server.degradations();
      expect(trouble).to.include({ component: 'listen.http', sinceMs: NOW_MS });
      expect(trouble.reason).to.contain(address).and.contain('listen.http');
      expect(harness.server.addresses).to.deep.equal({});

      await new Promise((resolve) => other.close(resolve));
      await clock.advance(10_000);
      await poll('the port is taken', async () => harness.server.addresses.http);
      expect(harness.server.degradations()).to.deep.equal([]);
      expect((await harness.get('/healthz')).status).to.equal(200);
    });

    it('stops while it still waits for it', async () => {
      await start({}, { listen: { address: `127.0.0.1:${(other.address() as AddressInfo).port}` } });
      await harness.stop();
      expect(harness.log.lines).to.have.length(1);
    });
  });

  it('stays closed, and says why, while its token file is missing', async () => {
    await start({}, { listen: { address: '127.0.0.1:0', tokenFile: join(folder, 'none') } });
    expect(harness.server.addresses).to.deep.equal({});
    expect(harness.server.degradations()[0].reason).to.contain('listen.http').and.contain('none');
  });
});
