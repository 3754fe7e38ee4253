import { request } from 'node:http';
import { expect } from 'chai';
import { poll } from '../poll.ts';
import { BaselineRig, DOCUMENT, JSON_BODY, START_MS } from './baseline-rig.ts';

const NAME = '/api/v1/baselines/fp16';
const TOKEN = { authorization: 'Bearer open-sesame' };

describe('the HTTP interface of baselines', () => {
  let rig: BaselineRig;

  afterEach(() => rig.stop());

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
        rig = await new BaselineRig().start();
        expect((await rig.harness.get(path, headers, method, DOCUMENT)).status).to.equal(status);
        expect(await rig.test.baselines.list()).to.deep.equal([]);
      });
    }

    it('without the token, where one is asked for', async () => {
      rig = await new BaselineRig({ token: 'open-sesame' }).start();
      for (const method of ['PUT', 'POST', 'DELETE'])
        expect((await rig.harness.get(NAME, JSON_BODY, method, DOCUMENT)).status).to.equal(401);
      expect((await rig.harness.get('/api/v1/baselines')).status).to.equal(401);
      expect((await rig.put(DOCUMENT, TOKEN)).status).to.equal(201);
    });

    it('more than 16 MiB', async () => {
      rig = await new BaselineRig().start();
      expect((await rig.put(`"${'x'.repeat(16 * 2 ** 20)}"`)).status).to.equal(413);
    });
  });

  it('takes four documents at a time, and forgets those whose sender went away', async () => {
    rig = await new BaselineRig().start();
    const open = Array.from({ length: 4 }, () => {
      const call = request({
        host: '127.0.0.1',
        port: rig.harness.port,
        path: NAME,
        method: 'PUT',
        headers: { ...JSON_BODY, 'content-length': 100 },
      });
      call.on('error', () => undefined).write('{');
      return call;
    });
    await poll('others are turned away', async () => (await rig.put(DOCUMENT)).status === 503 || undefined);
    for (const call of open) call.destroy();
    await poll(
      'there is room again',
      async () => (await rig.put(DOCUMENT, {}, `${NAME}?replace=1`)).status < 300 || undefined,
    );
  });

  it('keeps a document, gives it back byte for byte, lists and deletes it', async () => {
    rig = await new BaselineRig().start();
    const kept = await rig.put(DOCUMENT);
    expect([kept.status, JSON.parse(kept.body).baseline.requests]).to.deep.equal([201, 5]);
    const given = await rig.harness.get(NAME);
    expect(given.body).to.equal(DOCUMENT);
    expect(given.headers['content-type']).to.match(/^application\/json/);
    const listed = JSON.parse((await rig.harness.get('/api/v1/baselines')).body).baselines;
    expect(listed).to.have.length(1);
    expect(listed[0]).to.include({
      name: 'fp16',
      slices: 3,
      requests: 5,
      errors: 1,
      gpuWindows: 1,
      operators: 1,
    });
    expect((await rig.harness.get(NAME, {}, 'DELETE')).status).to.equal(200);
    expect((await rig.harness.get(NAME)).status).to.equal(404);
    expect((await rig.harness.get(NAME, {}, 'DELETE')).status).to.equal(404);
  });

  it('replaces a baseline only when told to', async () => {
    rig = await new BaselineRig().start();
    const statuses = [
      await rig.put(DOCUMENT),
      await rig.put(DOCUMENT),
      await rig.put(DOCUMENT, {}, `${NAME}?replace=1`),
    ];
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
      rig = await new BaselineRig().start();
      const answer = await rig.put(text, {}, path);
      expect(answer.status).to.equal(status);
      expect(JSON.parse(answer.body).message).to.match(message);
      expect(await rig.test.baselines.list()).to.deep.equal([]);
    });
  }

  it('saves what was recorded, once it has settled', async () => {
    rig = await new BaselineRig().start();
    rig.serve(60);
    const range = { fromMs: START_MS, toMs: START_MS + 60_000 };
    const early = await rig.post({ model: 'resnet50', variant: 'fp16', ...range });
    expect(early.status).to.equal(202);
    expect(JSON.parse(early.body)).to.include({
      kind: 'waiting',
      readyMs: START_MS + 66_000,
      slices: 60,
      active: 60,
    });
    rig.clock.advance(6000);
    const saved = await rig.post({ model: 'resnet50', variant: 'fp16', ...range });
    expect(saved.status).to.equal(201);
    expect(JSON.parse(saved.body).baseline).to.include({
      name: 'fp16',
      slices: 60,
      requests: 600,
      savedMs: START_MS + 66_000,
    });
  });

  it('waits for the figures of GPUs where there are any', async () => {
    rig = await new BaselineRig({ gpuDelayMs: 52_000 }).start();
    rig.serve(60);
    const answer = await rig.post({
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
      /^only 30 s of that time were recorded, 40 s are needed; its first request came at 2027/,
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
      rig = await new BaselineRig().start();
      rig.serve(66);
      const body = {
        model: 'resnet50',
        variant: 'fp16',
        fromMs: START_MS,
        toMs: START_MS + 60_000,
        ...change,
      };
      const answer = await rig.post(body);
      expect(JSON.parse(answer.body).message).to.match(message);
      expect(answer.status).to.equal(status);
      expect(await rig.test.baselines.list()).to.deep.equal([]);
    });
  }
});
