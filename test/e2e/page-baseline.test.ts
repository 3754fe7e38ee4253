import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { RESNET } from '../baseline/sample-recording.ts';
import { createTestBaselines, type TestBaselines } from '../baseline/test-baselines.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { createRandom } from '../window/sample-durations.ts';
import { spanBatch } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { PageAgent } from './page-agent.ts';
import { FP32, INT8 } from './page-traffic.ts';

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
};

describe('the comparison with a baseline in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let agent: PageAgent;
  let clock: TestClock;
  let test: TestBaselines;
  let complaints: string[];

  before(async function () {
    requireBinary(this, 'chromium');
    browser = await chromium.launch(CHROMIUM);
  });
  after(() => browser?.close());

  beforeEach(async () => {
    clock = new TestClock(1_800_000_000_000);
    test = createTestBaselines(clock);
    agent = new PageAgent([FP32, INT8], {}, test);
    agent.publishPast(60_000);
    await agent.start();
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1400, height: 1200 } });
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page?.close();
    await agent?.stop();
    await test?.stop();
  });

  /** What both variants do for so long, by the recorder's clock; int8 takes half of the time. */
  function serve(seconds: number): void {
    const random = createRandom(5);
    const ids = ['fp32', 'int8'].map((variant) => test.recorder.openSeries({ ...RESNET, variant }));
    const inference = test.recorder.openPhase('inference');
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      clock.advance(100);
      const spans = ids.flatMap((series, index) =>
        Array.from({ length: 4 }, () => {
          const durationNs = Math.round(20e6 * 0.5 ** index * (0.5 + random()));
          const phases = [{ phase: inference, ns: Math.round(durationNs * 0.8) }];
          return { series, endMs: clock.wallMs() - 1, durationNs, phases };
        }),
      );
      test.recorder.record(spanBatch(spans), clock.wallMs());
    }
  }

  async function save(name: string, variant: string): Promise<void> {
    const toMs = clock.wallMs() - 6000;
    await test.baselines.save(name, { model: 'resnet50', variant, fromMs: toMs - 60_000, toMs });
  }

  const panel = () => page.locator('#baseline');

  it('says how to have a baseline while there is none', async () => {
    await page.goto(agent.url);
    await panel().getByText('No baseline of resnet50 yet').waitFor();
    const command = `infermeter baseline save fp32 --model resnet50 --variant fp32 --status-url ${agent.url.slice(0, -1)}`;
    expect(await panel().locator('pre').textContent()).to.equal(command);
    expect(complaints).to.deep.equal([]);
  });

  it('shows the verdict in words, both distributions and each figure with its interval', async () => {
    serve(70);
    await save('before', 'fp32');
    await page.goto(agent.url);
    await panel().locator('.said-over-all.better', { hasText: 'Faster' }).waitFor();
    expect(await panel().locator('.verdict p').textContent()).to.match(
      /^p95 is 0\.5\d? of fp32's \(0\.4\d–0\.5\d\)/,
    );
    const row = panel()
      .locator('tbody tr')
      .filter({ has: page.locator('th', { hasText: /^p95$/ }) });
    const [baseline, now, ratio, bounds, said] = await row.locator('td').allTextContents();
    expect(baseline).to.match(/^29\.\d ms$/);
    expect(now).to.match(/^14\.\d ms$/);
    expect(Number(ratio)).to.be.closeTo(0.5, 0.02);
    expect(bounds).to.match(/^0\.4\d – 0\.5\d$/);
    expect(said).to.equal('faster');
    expect(await panel().locator('.density path[fill="none"]').count()).to.equal(2);
    expect(await panel().locator('.density text', { hasText: 'p95' }).count()).to.equal(2);
    expect(complaints).to.deep.equal([]);
  });

  it('compares what is chosen, and keeps that in the address', async () => {
    serve(70);
    await save('before', 'fp32');
    await save('quantized', 'int8');
    await page.goto(agent.url);
    await panel().locator('#baseline-name').selectOption('quantized');
    await panel().locator('.said-over-all.worse', { hasText: 'Slower' }).waitFor();
    await panel().locator('#candidate').selectOption('int8');
    await panel().locator('.said-over-all', { hasText: 'No difference shown' }).waitFor();
    expect(await page.evaluate('location.hash')).to.equal('#baseline=quantized&candidate=int8');
    await page.reload();
    await panel().locator('.said-over-all', { hasText: 'No difference shown' }).waitFor();
    expect(complaints).to.deep.equal([]);
  });
});
