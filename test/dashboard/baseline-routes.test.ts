import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { RESNET } from '../baseline/sample-recording.ts';
import { createTestBaselines, type TestBaselines } from '../baseline/test-baselines.ts';
import { ROOT } from '../source-files.ts';
import { spanBatch } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { type Answer, HttpHarness } from './http-harness.ts';

const START_MS = 1_800_000_000_000;
const NAME = '/api/v1/baselines/fp16';
const JSON_BODY = { 'content-type': 'application/json' };
const DOCUMENT = readFileSync(join(ROOT, 'test/golden/baseline/sample.json'), 'utf8');
const TOKEN = { authorization: 'Bearer open-sesame' };

describe('the HTTP interface of baselines', () => {
  let clock: TestClock;
  let test: TestBaselines;
  let harness: HttpHarness;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'infermeter-baselines-'));
    clock = new TestClock(START_MS);
    test = createTestBaselines(clock);
  });

  afterEach(async () => {
    await harness.stop();
    await test.stop();
    rmSync(folder, { recursive: true });
  });

  async function start(withToken = false): Promise<void> {
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'open-sesame\n');
    const listen = { address: '127.0.0.1:0', ...(withToken && { tokenFile }) };
    harness = new HttpHarness({ baselines: test.baselines }, { listen }, clock);
    await harness.server.start();
  }

  const put = (text: string, headers: Readonly<Record<string, string>> = {}, path = NAME): Promise<Answer> =>
    harness.get(path, { ...JSON_BODY, ...headers }, 'PUT', text);
  const post = (body: object, path = NAME): Promise<Answer> =>
    harness.get(path, JSON_BODY, 'POST', JSON.stringify(body));

  /** Two series, a request each 100 ms. */
  async function serve(seconds: number, variants: readonly string[] = ['fp16', 'int8']): Promise<void> {
    const ids = variants.map((variant) => test.recorder.openSeries({ ...RESNET, variant }));
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      clock.advance(100);
      const spans = ids.map((series, i) => ({
        series,
        endMs: clock.wallMs() - 1,
        durationNs: 10_000_000 * (i + 1),
      }));
      test.recorder.record(spanBatch(spans), clock.wallMs());
    }
  }

  describe('lets nobody write', () => {
    const cases: [
      what: string,
      method: string,
      path: string,
      headers: Record<string, string>,
      status: number,
    ][] = [
      ['without a JSON body', 'PUT', NAME, { 'content-type': 'text/plain' }, 415],
      ['without saying what the body is', 'POST', NAME, {}, 415],
      ['from a page of another site', 'PUT', NAME, { ...JSON_BODY, origin: 'https://evil.example' }, 403],
      ['from a page that hides its origin', 'POST', NAME, { ...JSON_BODY, origin: 'null' }, 403],
      ['from a page of this machine', 'DELETE', NAME, { origin: 'http://localhost:3000' }, 403],
      [
        'by a link or a form of another site',
        'POST',
        NAME,
        { ...JSON_BODY, 'sec-fetch-site': 'cross-site' },
        403,
      ],
      ['by a name that was pointed here', 'DELETE', NAME, { host: 'rebound.example' }, 421],
      ['to anything but a baseline', 'POST', '/api/v1/baselines', JSON_BODY, 405],
      ['to the page', 'PUT', '/', JSON_BODY, 405],
      ['with another method', 'PATCH', NAME, JSON_BODY, 405],
    ];
    for (const [what, method, path, headers, status] of cases) {
      it(what, async () => {
        await start();
        expect((await harness.get(path, headers, method, DOCUMENT)).status).to.equal(status);
        expect(await test.baselines.list()).to.deep.equal([]);
      });
    }

    it('without the token, where one is asked for', async () => {
      await start(true);
      for (const method of ['PUT', 'POST', 'DELETE'])
        expect((await harness.get(NAME, JSON_BODY, method, DOCUMENT)).status).to.equal(401);
      expect((await harness.get('/api/v1/baselines')).status).to.equal(401);
      expect((await put(DOCUMENT, TOKEN)).status).to.equal(201);
    });

    it('more than 16 MiB', async () => {
      await start();
      expect((await put(`"${'x'.repeat(16 * 2 ** 20)}"`)).status).to.equal(413);
    });
  });

  it('keeps a document, gives it back byte for byte, lists and deletes it', async () => {
    await start();
    const kept = await put(DOCUMENT);
    expect([kept.status, JSON.parse(kept.body).baseline.requests]).to.deep.equal([201, 5]);
    const given = await harness.get(NAME);
    expect(given.body).to.equal(DOCUMENT);
    expect(given.headers['content-type']).to.match(/^application\/json/);
    const listed = JSON.parse((await harness.get('/api/v1/baselines')).body).baselines;
    expect(listed).to.have.length(1);
    expect(listed[0]).to.include({
      name: 'fp16',
      slices: 3,
      requests: 5,
      errors: 1,
      gpuWindows: 1,
      operators: 1,
    });
    expect((await harness.get(NAME, {}, 'DELETE')).status).to.equal(200);
    expect((await harness.get(NAME)).status).to.equal(404);
    expect((await harness.get(NAME, {}, 'DELETE')).status).to.equal(404);
  });

  it('replaces a baseline only when told to', async () => {
    await start();
    const statuses = [await put(DOCUMENT), await put(DOCUMENT), await put(DOCUMENT, {}, `${NAME}?replace=1`)];
    expect(statuses.map(({ status }) => status)).to.deep.equal([201, 409, 200]);
  });

  const bad: [what: string, path: string, text: string, status: number, message: RegExp][] = [
    ['a name with a slash', '/api/v1/baselines/a%2Fb', DOCUMENT, 400, /a baseline's name is 1 to 64 of/],
    ['a name that begins with a dot', '/api/v1/baselines/.hidden', DOCUMENT, 400, /a baseline's name is/],
    ['what is no JSON', NAME, '{', 422, /^this is no JSON/],
    ['what is no baseline', NAME, '{}', 422, /this is no baseline/],
    [
      'a damaged document',
      NAME,
      DOCUMENT.replace('"count":3', '"count":4'),
      422,
      /^slices\[0\].latency: its bins hold/,
    ],
  ];
  for (const [what, path, text, status, message] of bad) {
    it(`refuses ${what}, and says why`, async () => {
      await start();
      const answer = await put(text, {}, path);
      expect(answer.status).to.equal(status);
      expect(JSON.parse(answer.body).message).to.match(message);
      expect(await test.baselines.list()).to.deep.equal([]);
    });
  }

  it('saves what was recorded, once it has settled', async () => {
    await start();
    await serve(60);
    const range = { fromMs: START_MS, toMs: START_MS + 60_000 };
    const early = await post({ model: 'resnet50', variant: 'fp16', ...range });
    expect(early.status).to.equal(202);
    expect(JSON.parse(early.body)).to.include({
      kind: 'waiting',
      readyMs: START_MS + 66_000,
      slices: 60,
      active: 60,
    });
    clock.advance(6000);
    const saved = await post({ model: 'resnet50', variant: 'fp16', ...range });
    expect(saved.status).to.equal(201);
    expect(JSON.parse(saved.body).baseline).to.include({
      name: 'fp16',
      slices: 60,
      requests: 600,
      savedMs: START_MS + 66_000,
    });
  });

  it('waits for the figures of GPUs where there are any', async () => {
    await test.stop();
    test = createTestBaselines(clock, 52_000);
    await start();
    await serve(60);
    const answer = await post({
      model: 'resnet50',
      variant: 'fp16',
      fromMs: START_MS,
      toMs: START_MS + 60_000,
    });
    expect(JSON.parse(answer.body)).to.include({ kind: 'waiting', readyMs: START_MS + 112_000 });
  });

  const refused: [what: string, body: object, status: number, message: RegExp][] = [
    [
      'what lasts too short',
      { toMs: START_MS + 39_000 },
      422,
      /^a baseline lasts 40 s at least, this would be 39 s/,
    ],
    ['what is longer than recordings', { fromMs: START_MS - 900_000 }, 400, /^recordings reach back 900 s/],
    [
      'what was hardly recorded',
      { fromMs: START_MS - 30_000, toMs: START_MS + 30_000 },
      422,
      /^only 30 s of that time were recorded, 40 s are needed; the series is recorded since 2027/,
    ],
    ['an unknown model', { model: 'bert' }, 404, /^no such series: resnet50\/fp16, resnet50\/int8$/],
    [
      'a series that is not said clearly',
      { variant: undefined },
      409,
      /^several series are meant: resnet50\/fp16, resnet50\/int8/,
    ],
    ['an unknown key', { sice: 1 }, 400, /"sice" is no key here/],
    ['a time that is none', { toMs: 'now' }, 400, /"toMs" must be a time/],
    [
      'a range that ends before it begins',
      { fromMs: START_MS + 60_000, toMs: START_MS },
      400,
      /must be before/,
    ],
    ['no model', { model: '' }, 400, /a model is needed/],
    ['labels that are none', { labels: { zone: 1 } }, 400, /"labels" must be an object of texts/],
  ];
  for (const [what, change, status, message] of refused) {
    it(`saves nothing of ${what}`, async () => {
      await start();
      await serve(66);
      const body = {
        model: 'resnet50',
        variant: 'fp16',
        fromMs: START_MS,
        toMs: START_MS + 60_000,
        ...change,
      };
      const answer = await post(body);
      expect(JSON.parse(answer.body).message).to.match(message);
      expect(answer.status).to.equal(status);
      expect(await test.baselines.list()).to.deep.equal([]);
    });
  }

  it('compares with what was recorded last, with a range, and with another baseline', async () => {
    await start();
    await serve(70);
    const range = { fromMs: START_MS, toMs: START_MS + 60_000 };
    await post({ model: 'resnet50', variant: 'fp16', ...range });
    await post({ model: 'resnet50', variant: 'int8', ...range }, '/api/v1/baselines/int8');
    for (const [candidate, requests] of [
      ['model=resnet50&variant=int8', 640],
      [`model=resnet50&variant=int8&from=${START_MS}&to=${START_MS + 50_000}`, 500],
      ['candidate=int8', 600],
    ]) {
      const answer = await harness.get(`/api/v1/compare?baseline=fp16&${candidate}`);
      const { comparison, distributions } = JSON.parse(answer.body);
      expect(comparison.baseline).to.include({ requests: 600 });
      expect(comparison.candidate).to.include({ requests });
      expect(comparison.candidate.series.variant).to.equal('int8');
      const p50 = comparison.metrics.find((row: { metric: string }) => row.metric === 'latency_p50');
      expect(p50.ratio).to.be.closeTo(2, 0.02);
      expect(distributions.baseline.counts).to.deep.equal([600]);
      expect(distributions.candidate.counts).to.deep.equal([requests]);
    }
  });

  const unclear: [query: string, status: number, message: RegExp][] = [
    ['', 400, /the name of a baseline is needed/],
    ['baseline=fp16', 400, /a candidate is needed/],
    ['baseline=fp16&candidate=int8&model=a', 400, /another baseline or a series, not both/],
    ['baseline=fp16&model=a&model=b', 400, /"model" may be given once only/],
    ['baseline=fp16&model=a&size=1', 400, /"size" is no parameter here/],
    ['baseline=fp16&model=a&from=soon', 400, /"from" is a time in Unix milliseconds/],
    ['baseline=fp16&model=a&from=5&to=5', 400, /"from" must be before "to"/],
    ['baseline=fp16&model=a', 404, /no such series: no requests came since the start/],
    ['baseline=fp16&candidate=int8', 404, /there is no baseline "fp16"/],
  ];
  for (const [query, status, message] of unclear) {
    it(`answers ${status} to a comparison by "${query}"`, async () => {
      await start();
      const answer = await harness.get(`/api/v1/compare?${query}`);
      expect(answer.status).to.equal(status);
      expect(JSON.parse(answer.body).message).to.match(message);
    });
  }
});
