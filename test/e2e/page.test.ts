import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { poll } from '../poll.ts';
import { requireBinary } from '../servers/require-binary.ts';
import { PageAgent } from './page-agent.ts';
import { FP32, INT8 } from './page-traffic.ts';

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
};
const QUARTER_MS = 900_000;

describe('the page in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let agent: PageAgent;
  /** What the browser complained about, and what it asked others than the agent for. */
  let complaints: string[];

  before(async function () {
    requireBinary(this, 'chromium');
    browser = await chromium.launch(CHROMIUM);
  });
  after(() => browser?.close());

  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(agent.url)) complaints.push(request.url());
    });
  });
  afterEach(async () => {
    await page?.close();
    await agent?.stop();
  });

  async function open(served: PageAgent): Promise<void> {
    agent = served;
    await agent.start();
    await page.goto(agent.url);
  }

  /** The texts of a row of the table: the figure of each variant and its change. */
  async function readRow(label: string): Promise<string[]> {
    const row = page
      .locator('#variants tr')
      .filter({ has: page.locator('th', { hasText: new RegExp(`^${label}$`) }) });
    return (await row.locator('.value, .change').allTextContents()).map((text) => text.trim());
  }

  it('puts variants side by side with the right ratios, without complaint and without asking anyone else', async () => {
    const served = new PageAgent([FP32, INT8]);
    served.publishPast(QUARTER_MS);
    await open(served);
    const endMs = Date.now() - (Date.now() % 10_000) + 10_000;
    const steady = [
      { ...FP32, p50Seconds: 0.02, steady: true },
      { ...INT8, p50Seconds: 0.01, steady: true },
    ];
    await page.getByText('live', { exact: true }).waitFor();
    agent.publishNow(steady, endMs);
    await page.locator('.headline.better', { hasText: '−50 %' }).waitFor();
    expect(await readRow('p50')).to.deep.equal(['20.0 ms', '10.0 ms', '▼−50 %']);
    expect(await readRow('rate')).to.deep.equal(['41.8 /s', '42.3 /s', '≈+1 %']);
    expect(await readRow('inference')).to.deep.equal(['15.80 ms', '6.40 ms', '▼−59 %']);
    expect(await page.locator('.chart:visible').count()).to.equal(7);
    expect(complaints).to.deep.equal([]);
  });

  it('shows what is published while it looks on', async () => {
    await open(new PageAgent([FP32]));
    await page.getByText('Waiting for the first window').waitFor();
    agent.publishNow(agent.variants);
    await page.locator('#variants .variant', { hasText: 'fp32' }).waitFor();
    agent.publishNow([FP32, INT8]);
    await page.locator('#variants .variant', { hasText: 'int8' }).waitFor();
    expect(complaints).to.deep.equal([]);
  });

  it('hides variants, changes the reference and the window, and keeps that in the address', async () => {
    const served = new PageAgent([FP32, INT8]);
    served.publishPast(QUARTER_MS);
    await open(served);
    await page.locator('#reference-int8').click();
    await page.locator('.headline.worse').waitFor();
    await page.locator('#window-5m').click();
    await page.locator('.caption', { hasText: '5m up to' }).waitFor();
    await page.locator('#variant-fp32').click();
    await page.locator('#variants .variant', { hasText: 'fp32' }).waitFor({ state: 'detached' });
    expect(await page.evaluate('location.hash')).to.equal('#window=5m&reference=int8&hide=fp32');
    await page.reload();
    await page.locator('#variants .variant', { hasText: 'int8' }).waitFor();
    expect(await page.locator('#variants .variant').allTextContents()).to.deep.equal(['int8']);
    expect(complaints).to.deep.equal([]);
  });

  it('shows the values under the cursor in every chart', async () => {
    const served = new PageAgent([FP32, INT8]);
    served.publishPast(QUARTER_MS);
    await open(served);
    const legend = page.locator('.chart').nth(3).locator('.legend');
    await legend.getByText('fp32').waitFor();
    const newest = await legend.textContent();
    const plot = await page.locator('.plot').first().boundingBox();
    if (plot === null) throw new Error('bug: the plot has no size');
    await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
    await poll(
      'the legend follows the cursor',
      async () => (await legend.textContent()) !== newest || undefined,
    );
  });

  it('comes back by itself after the agent was gone', async () => {
    await open(new PageAgent([FP32]));
    await page.getByText('live', { exact: true }).waitFor();
    const address = new URL(agent.url).host;
    await agent.stop();
    await page.getByText('not connected since').waitFor();
    await agent.start({ address });
    await page.getByText('live', { exact: true }).waitFor();
    agent.publishNow(agent.variants);
    await page.locator('#variants .variant', { hasText: 'fp32' }).waitFor();
  });

  it('says what came in, what was wrong with it and where to send, while there is nothing to show', async () => {
    const source = {
      source: 'report',
      received: 12,
      accepted: 0,
      duplicate: 0,
      malformed: 2,
      clientDropped: 0,
      ignored: {},
      discarded: 0,
    };
    const lastRejection = { reason: 'too_late', detail: 'completed 3 h ago', atMs: Date.now() };
    const sources = [{ ...source, rejected: { too_late: 12 }, lastRejection }];
    await open(new PageAgent([], { sources }));
    await page.getByRole('heading', { name: 'No request in the windows' }).waitFor();
    const text = await page.locator('#empty').textContent();
    for (const part of [
      '12 spans received',
      'too_late 12',
      'completed 3 h ago',
      '127.0.0.1:4317',
      'SpanService',
    ]) {
      expect(text).to.contain(part);
    }
    expect(complaints).to.deep.equal([]);
  });

  it('says how many requests wait for their trace, and which messages were refused unread', async () => {
    const ingest = {
      refused: { too_large: 2, overload: 1 },
      receivingBytes: 0,
      maxReceivingBytes: 1,
      waiting: 9,
      hurried: 3,
    };
    await open(new PageAgent([FP32], { ingest }));
    await page.getByText('9 requests, 3 counted too early').waitFor();
    expect(await page.getByText('3 refused').locator('..').getAttribute('title')).to.equal(
      'too_large: 2, overload: 1',
    );
    expect(complaints).to.deep.equal([]);
  });

  it('shows what the GPUs do and which pipes they use, and what a request of each variant costs', async () => {
    const variants = [
      { ...FP32, energyJoules: 8.4 },
      { ...INT8, energyJoules: 2.1 },
    ];
    const name = 'NVIDIA H100 80GB HBM3';
    const gpu = {
      source: 'nvml',
      reason: 'NVML of driver 580.159.04',
      devices: [0, 1].map((index) => ({ index, uuid: `GPU-${index}`, name })),
      lost: [{ index: 2, reason: 'fell off the bus' }],
      own: ['GPU-0'],
      ownReason: 'from the label gpu of spans',
      notes: [],
      restarts: 0,
    };
    const served = new PageAgent(variants, { gpu });
    served.publishPast(QUARTER_MS);
    for (let ageMs = QUARTER_MS; ageMs > 0; ageMs -= 5000) served.publishGpus(2, Date.now() - ageMs);
    await open(served);
    await page.locator('#gpu-charts .chart', { hasText: 'Pipes of GPU 1' }).waitFor();
    expect(await readRow('energy a request')).to.deep.equal(['8.40 J', '2.10 J', '▼−75 %']);
    expect(await readRow('tensor, int8')).to.deep.equal(['17 %', '17 %', '≈±0 pp']);
    await page.locator('#variants .badge', { hasText: 'shared GPU' }).first().waitFor();
    expect(await page.locator('#gpu-charts .chart:visible').count()).to.equal(5);
    expect(await page.locator('#gpu li').allTextContents()).to.deep.equal([
      'GPU 0 · NVIDIA H100 80GB HBM3',
      'GPU 1 · NVIDIA H100 80GB HBM3 · another server’s',
      'GPU 2: fell off the bus',
    ]);
    expect(await page.locator('#gpu-charts .legend').last().textContent()).not.to.contain('fp64');
    expect(complaints).to.deep.equal([]);
  });

  it('says what is degraded, and why there are no GPU figures', async () => {
    const degraded = [{ component: 'exporter:influxdb', reason: 'refused the token', sinceMs: Date.now() }];
    await open(new PageAgent([FP32], { degraded }));
    await page.locator('#degraded', { hasText: 'refused the token' }).waitFor();
    await page.locator('#gpu', { hasText: 'no GPU reader configured' }).waitFor();
  });

  it('asks for a token, and keeps it out of addresses', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'infermeter-page-'));
    const tokenFile = join(folder, 'tokens');
    writeFileSync(tokenFile, 'open-sesame\n');
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    agent = new PageAgent([FP32]);
    await agent.start({ address: '127.0.0.1:0', tokenFile });
    await page.goto(agent.url);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('does not know this token').waitFor();
    await page.getByLabel('Token').fill('open-sesame');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('live', { exact: true }).waitFor();
    agent.publishNow(agent.variants);
    await page.locator('#variants .variant', { hasText: 'fp32' }).waitFor();
    expect(addresses.filter((address) => address.includes('sesame'))).to.deep.equal([]);
    rmSync(folder, { recursive: true });
  });

  it('follows the system between light and dark, until the toggle is used', async () => {
    await open(new PageAgent([]));
    const background = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.to.equal(light);
    await page.locator('#theme').click();
    expect(await background()).to.equal(light);
    await page.reload();
    expect(await background()).to.equal(light);
  });
});
