import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { SamplerLoop } from '../../agent/flush/sampler-loop.ts';
import { ServerSampler, type ServerSamplerOptions } from '../../agent/scrape/server-sampler.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { rejectionOf } from '../fakes/rejection.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { poll } from '../poll.ts';
import { MetricsServer } from './metrics-server.ts';

const GOOD = 'vllm:num_requests_running{model_name="m"} 3\n';
const TOO_LARGE = Buffer.alloc(4 * 2 ** 20 + 1, '#');
const { signal: NEVER } = new AbortController();

describe('ServerSampler', () => {
  let server: MetricsServer;
  beforeEach(async () => {
    server = new MetricsServer();
    await server.start();
  });
  afterEach(() => server.stop());

  function createSampler(options: Partial<ServerSamplerOptions> = {}): ServerSampler {
    const { url } = server;
    return new ServerSampler({ url, kind: 'vllm', variant: 'v', intervalMs: 10_000, tags: {}, ...options });
  }

  const answering =
    (status: number, headers: Record<string, string>, body: string | Buffer = ''): RequestListener =>
    (_, response) =>
      response.writeHead(status, headers).end(body);

  const working: readonly [string, RequestListener][] = [
    ['text', answering(200, {}, GOOD)],
    ['packed text', answering(200, { 'content-encoding': 'gzip' }, gzipSync(GOOD))],
    [
      'text behind a redirect to the same server',
      ({ url }, response) =>
        url === '/metrics/' ? response.end(GOOD) : response.writeHead(307, { location: '/metrics/' }).end(),
    ],
    [
      'text in many pieces',
      (_, response) => {
        for (const character of GOOD) response.write(character);
        response.end();
      },
    ],
  ];
  for (const [title, answer] of working) {
    it(`reads ${title}`, async () => {
      server.answer = answer;
      const points = await createSampler().sample(1000, NEVER);
      expect(points.map(({ fields }) => fields)).to.have.nested.property('[0].requests_running', 3);
      expect(server.requests[0]?.url).to.equal('/metrics');
    });
  }

  const failing: readonly [string, RequestListener, string][] = [
    ['nothing there', answering(404, {}, 'no'), 'HTTP 404; vLLM serves them at /metrics of its API unless'],
    ['a server in trouble', answering(503, {}), 'HTTP 503'],
    ['another server', answering(302, { location: 'http://127.0.0.2:1/metrics' }), 'redirects to another'],
    ['a port of its own', answering(302, { location: 'http://127.0.0.1:1/metrics' }), 'redirects to another'],
    ['redirects in a circle', answering(302, { location: '/metrics' }), 'HTTP 302, a second redirect'],
    ['a redirect to no address', answering(302, { location: 'http://[' }), 'redirects to another server'],
    ['a page', answering(200, {}, '<html><body>Welcome</body></html>'), 'the answer is no Prometheus text'],
    ['nothing', answering(200, {}), 'the answer is no Prometheus text'],
    [
      'metrics of another kind',
      answering(200, {}, 'sglang:num_running_reqs 1\n'),
      'no metrics of vllm in it: is the kind right?',
    ],
    ['too much', answering(200, {}, TOO_LARGE), 'the answer is larger than 4 MiB'],
    [
      'too much once unpacked',
      answering(200, { 'content-encoding': 'gzip' }, gzipSync(TOO_LARGE)),
      'the answer is larger than 4 MiB',
    ],
    ['no gzip', answering(200, { 'content-encoding': 'gzip' }, GOOD), 'the answer is no gzip'],
    [
      'half a gzip',
      answering(200, { 'content-encoding': 'gzip' }, gzipSync(GOOD).subarray(0, 30)),
      'the answer is no whole gzip',
    ],
    ['what nobody asked for', answering(200, { 'content-encoding': 'br' }, GOOD), 'packed as br'],
    [
      'half an answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write(GOOD);
        setImmediate(() => response.destroy());
      },
      'the connection was closed before the answer was whole',
    ],
  ];
  for (const [title, answer, reason] of failing) {
    it(`publishes nothing of ${title}, and says so`, async () => {
      server.answer = answer;
      const { message } = await rejectionOf(createSampler().sample(1000, NEVER));
      expect(message).to.contain(`${server.url}: `).and.to.contain(reason);
    });
  }

  it('says that nobody listens', async () => {
    const sampler = createSampler();
    await server.stop();
    expect((await rejectionOf(sampler.sample(1000, NEVER))).message).to.contain('connection refused');
  });

  const hanging: readonly [string, RequestListener][] = [
    ['never answers', () => undefined],
    ['never ends its answer', (_, response) => response.write(GOOD)],
  ];
  for (const [title, answer] of hanging) {
    it(`gives up a server that ${title} at the deadline, and reads it once it works`, async () => {
      const clock = new ManualClock();
      const loop = new SamplerLoop(createSampler(), clock, new SilentLogger());
      const asked = new Promise<void>((resolve) => {
        server.answer = (request, response) => {
          answer(request, response);
          resolve();
        };
      });
      await loop.start();
      await asked;
      await clock.advance(10_000);
      await poll('the deadline counts', async () => !loop.status().ok || undefined);
      expect(loop.status().reason).to.equal(`${server.url}: no whole answer in time`);
      expect(loop.degradations()).to.have.length(1);
      server.answer = answering(200, {}, GOOD);
      await clock.advance(10_000);
      await poll('it works', async () => loop.status().ok || undefined);
      expect(loop.drain()).to.have.length(1);
      await loop.stop();
    });
  }

  it('sends the token in its file, as the file is now', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'infermeter-scrape-'));
    try {
      const tokenFile = join(directory, 'token');
      const sampler = createSampler({ tokenFile });
      server.answer = answering(200, {}, GOOD);
      expect((await rejectionOf(sampler.sample(0, NEVER))).message).to.match(/token cannot be read: ENOENT/);
      for (const token of ['first', 'second']) {
        writeFileSync(tokenFile, `${token}\n`);
        await sampler.sample(0, NEVER);
        expect(server.requests.at(-1)?.headers.authorization).to.equal(`Bearer ${token}`);
      }
      for (const text of ['', 'a\nb', 'ä']) {
        writeFileSync(tokenFile, text);
        expect((await rejectionOf(sampler.sample(0, NEVER))).message).to.match(/token holds no token$/);
      }
      expect(server.requests).to.have.length(2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('reads the model that it is asked for, and names those that are there instead', async () => {
    server.answer = answering(200, {}, `${GOOD}${GOOD.replace('"m"', '"other"')}`);
    const points = await createSampler({ model: 'm' }).sample(0, NEVER);
    expect(points.map(({ series }) => series.tags)).to.have.nested.property('[0].model', 'm');
    expect(points).to.have.length(1);
    const { message } = await rejectionOf(createSampler({ model: 'x' }).sample(0, NEVER));
    expect(message).to.contain('nothing of the model x, but of m, other');
  });

  it('gives a server that names no model the name of the config', async () => {
    server.answer = answering(200, {}, 'tgi_queue_size 1\n');
    const points = await createSampler({ kind: 'tgi', model: 'named' }).sample(0, NEVER);
    expect(points.map(({ series }) => series.tags)).to.have.nested.property('[0].model', 'named');
  });

  it('is named after where it reads, with a path that is none of the usual ones, and the one model', () => {
    const named = (url: string, model?: string): string =>
      createSampler({ url, ...(model !== undefined && { model }) }).name;
    expect(named('http://a:8000')).to.equal('scrape:a:8000');
    expect(named('http://a:8000/metrics', 'm')).to.equal('scrape:a:8000:m');
    expect(named('https://[::1]/b/metrics')).to.equal('scrape:[::1]:443/b/metrics');
  });

  it('waits for the first request of a server that shows nothing before', async () => {
    expect(await createSampler({ kind: 'tgi' }).sample(0, NEVER)).to.deep.equal([]);
  });

  it('leaves out models beyond 64, and what it does not understand, and says so until it is mended', async () => {
    const models = Array.from({ length: 70 }, (_, index) => GOOD.replace('"m"', `"m${index}"`));
    const sampler = createSampler();
    server.serve([...models, 'vllm:num_requests_running{ 1\n'].join(''), GOOD);
    expect(await sampler.sample(5000, NEVER)).to.have.length(64);
    expect(sampler.degradations()).to.deep.equal([
      {
        component: `scrape:${server.endpoint}`,
        reason: `${server.url}: lines that do not parse: 1; samples of models beyond the bound, left out: 6; name one model`,
        sinceMs: 5000,
      },
    ]);
    await sampler.sample(6000, NEVER);
    expect(sampler.degradations()).to.deep.equal([]);
  });

  describe('since the last reading', () => {
    const finished = (stop: number, error: number): string =>
      `vllm:request_success_total{model_name="m",finished_reason="stop"} ${stop}
vllm:request_success_total{model_name="m",finished_reason="error"} ${error}
`;
    const ratioAfter = async (...texts: readonly string[]): Promise<unknown> => {
      server.serve(...texts);
      const sampler = createSampler();
      const ratios: unknown[] = [];
      for (const _ of texts) {
        const points = await sampler.sample(0, NEVER).catch(() => []);
        ratios.push(
          points.map(({ fields }) => ('error_ratio' in fields ? fields.error_ratio : undefined))[0],
        );
      }
      return ratios.at(-1);
    };

    const cases: readonly [string, readonly string[], unknown][] = [
      ['failures are a share of the requests', [finished(10, 1), finished(19, 2)], 0.1],
      ['none are 0', [finished(10, 1), finished(11, 1)], 0],
      ['without requests there is no share', [finished(10, 1), finished(10, 1)], undefined],
      ['the first reading has none', [finished(10, 1)], undefined],
      ['a restart leaves one out', [finished(10, 1), finished(2, 1)], undefined],
      ['so does one after which the counters are a mix', [finished(10, 1), finished(5, 8)], undefined],
      ['after it they are there again', [finished(10, 1), finished(2, 0), finished(4, 2)], 0.5],
      [
        'a restart behind a failed reading is none of its own',
        [finished(10, 1), '<', finished(20, 5)],
        undefined,
      ],
      ['a server that counts no failures has none', ['a', 'b'].map(() => GOOD), undefined],
    ];
    for (const [title, texts, expected] of cases) {
      it(title, async () => expect(await ratioAfter(...texts)).to.equal(expected));
    }
  });
});
