import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RESNET } from '../baseline/sample-recording.ts';
import { createTestBaselines, type TestBaselines } from '../baseline/test-baselines.ts';
import { ROOT } from '../source-files.ts';
import { spanBatch } from '../window/span-batch.ts';
import { TestClock } from '../window/test-clock.ts';
import { type Answer, HttpHarness } from './http-harness.ts';

export const START_MS = 1_800_000_000_000;
export const JSON_BODY = { 'content-type': 'application/json' };
export const DOCUMENT = readFileSync(join(ROOT, 'test/golden/baseline/sample.json'), 'utf8');
const NAME = '/api/v1/baselines/fp16';

/** The HTTP interface with real baselines, a clock that is moved by hand, and requests of our making. */
export class BaselineRig {
  readonly clock = new TestClock(START_MS);
  readonly test: TestBaselines;
  readonly #folder = mkdtempSync(join(tmpdir(), 'infermeter-baselines-'));
  readonly harness: HttpHarness;

  constructor({ token, gpuDelayMs }: { readonly token?: string; readonly gpuDelayMs?: number } = {}) {
    this.test = createTestBaselines(this.clock, gpuDelayMs);
    const tokenFile = join(this.#folder, 'tokens');
    writeFileSync(tokenFile, `${token}\n`);
    const listen = { address: '127.0.0.1:0', ...(token !== undefined && { tokenFile }) };
    this.harness = new HttpHarness({ baselines: this.test.baselines }, { listen }, this.clock);
  }

  async start(): Promise<this> {
    await this.harness.server.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.harness.stop();
    await this.test.stop();
    rmSync(this.#folder, { recursive: true });
  }

  put(text: string, headers: Readonly<Record<string, string>> = {}, path = NAME): Promise<Answer> {
    return this.harness.get(path, { ...JSON_BODY, ...headers }, 'PUT', text);
  }

  post(body: object, path = NAME): Promise<Answer> {
    return this.harness.get(path, JSON_BODY, 'POST', JSON.stringify(body));
  }

  /** Two variants, of each a request every 100 ms: of 10 ms, and of 20 ms. */
  serve(seconds: number): void {
    const ids = ['fp16', 'int8'].map((variant) => this.test.recorder.openSeries({ ...RESNET, variant }));
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      this.clock.advance(100);
      const endMs = this.clock.wallMs() - 1;
      const spans = ids.map((series, i) => ({ series, endMs, durationNs: 10_000_000 * (i + 1) }));
      this.test.recorder.record(spanBatch(spans), this.clock.wallMs());
    }
  }
}
