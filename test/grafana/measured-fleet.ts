import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../distributions.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { FakeNvidiaSmi, readCapture } from '../fakes/nvidia-smi/fake-nvidia-smi.ts';
import { sendReport } from '../ingest/operators/operator-client.ts';
import { poll } from '../poll.ts';
import { type RunningAgent, startAgent } from '../running-agent.ts';
import { MetricsServer } from '../scrape/metrics-server.ts';
import { Influxd } from '../servers/influxd.ts';
import { SpanClient, type SpanRow } from '../span-client.ts';

/** Names with characters that a pattern must escape. */
const MODELS = ['org/llama.8b', 'res net (50)'] as const;
const VARIANTS = ['fp16', 'int8'] as const;
/** Fails 15 % of its requests; fp16 misses its objective, and the server of int8 counts failures. */
const FAILING = { model: MODELS[0], variant: VARIANTS[0] };
const SPANS_A_SECOND = 20;
const LOAD_MS = 125_000;
const BASELINE_MS = 47_000;
/** In the end one variant has the GPU for itself. */
const ALONE_MS = 45_000;
/** Until the histograms are final and the last agent had its turn. */
const REST_MS = 170_000;
const DATABASE = 'inference';

interface Series {
  readonly model: string;
  readonly variant: string;
}

/**
 * Two agents with a real influxd: one beside a simulated GPU and two servers, one beside a GPU that is divided. Their
 * clock is the test's; it ends at the real time, so that `now()` means the same in queries.
 */
export class MeasuredFleet {
  readonly influxd: Influxd;
  readonly clock: ManualClock;
  readonly startMs: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'infermeter-grafana-'));
  readonly #servers = VARIANTS.map(() => new MetricsServer());
  readonly #smi = new FakeNvidiaSmi({ stdout: readCapture('v12-a100-mig') });
  readonly #random = createRandom(6);
  /** Of the requests that succeeded, by model and variant, in seconds. */
  readonly latencies = new Map<string, number[]>();
  #agents: RunningAgent[] = [];
  #second = 0;

  private constructor(influxd: Influxd) {
    this.influxd = influxd;
    this.startMs = Date.now() - LOAD_MS - REST_MS;
    this.clock = new ManualClock(this.startMs);
  }

  /** Has served some minutes of load when it resolves; everything is in the store. */
  static async serve(): Promise<MeasuredFleet> {
    const influxd = await Influxd.start();
    await influxd.createDatabase(DATABASE);
    const fleet = new MeasuredFleet(influxd);
    try {
      await fleet.#start();
      await fleet.#load();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async query(influxql: string) {
    return this.influxd.query(influxql, DATABASE);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await Promise.all(this.#servers.map((server) => server.stop()));
    this.#smi.remove();
    await this.influxd.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    for (const [index, server] of this.#servers.entries()) {
      await server.start();
      let reading = 0;
      server.answer = (_, response) => response.end(exposition(reading++, index === 0 ? 1 : 10));
    }
    const scrapes = VARIANTS.map(
      (variant, index) => `{url: "${this.#servers[index]?.url}", kind: vllm, variant: ${variant}}`,
    );
    await this.#startAgent('pod-a.0', [
      ['listen.http', '127.0.0.1:0'],
      ['gpu.source', 'simulated'],
      ['scrape', `[${scrapes.join(', ')}]`],
      ['watch.pid', String(process.pid)],
      ['match', `[{model: "${MODELS[0]}", variant: int8, expect_tensor: imma}]`],
      ['slo', `[${MODELS.map((model) => `{model: "${model}", latency: 200ms}`).join(', ')}]`],
    ]);
    this.#smi.enterPath();
    await this.#startAgent('pod-b.1', [['gpu.source', 'nvidia-smi']]);
  }

  async #startAgent(instance: string, settings: readonly (readonly [string, string])[]): Promise<void> {
    const store = [
      ['data_dir', join(this.#folder, instance)],
      ['exporters.influxdb.url', this.influxd.url],
      ['exporters.influxdb.version', '1'],
      ['exporters.influxdb.database', DATABASE],
    ] as const;
    this.#agents.push(await startAgent(this.clock, [...store, ...settings], instance));
  }

  async #load(): Promise<void> {
    const clients = this.#agents.map(({ grpcAddress }) => new SpanClient(grpcAddress));
    for (let passedMs = 0; passedMs < LOAD_MS; passedMs += 1000) {
      await this.#agents[0]?.advance(1000);
      const nowMs = this.clock.wallMs();
      for (const client of clients) await client.report({ spans: this.#spans(nowMs), dropped: 1 });
      this.#second++;
      if (passedMs === 60_000) await Promise.all(this.#agents.map((agent) => this.#profile(agent)));
    }
    for (const client of clients) client.close();
    await this.#saveBaselines();
    for (let passedMs = 0; passedMs < REST_MS; passedMs += 1000) await this.#agents[0]?.advance(1000);
    // It says that it stops; the other one will just be silent.
    await this.#agents.pop()?.stop();
    await poll('nothing waits', async () => {
      const waiting = this.#agents.map(({ agent }) => agent.status().outbox?.points ?? 0);
      return waiting.every((points) => points < 100) ? true : undefined;
    });
  }

  /** A second's requests of each series, some of them failed, and one that comes too late. */
  #spans(nowMs: number): SpanRow[] {
    const all = MODELS.flatMap((model) => VARIANTS.map((variant) => ({ model, variant })));
    const alone = { model: MODELS[0], variant: VARIANTS[1] };
    const series = this.#second * 1000 < LOAD_MS - ALONE_MS ? all : [alone];
    const spans = series.flatMap((one) =>
      Array.from({ length: SPANS_A_SECOND }, (_, index) => this.#request(one, nowMs, index)),
    );
    return [...spans, requestOf(alone, { endMs: nowMs - 3_600_000, durationMs: 20, failed: false })];
  }

  #request(series: Series, endMs: number, index: number): SpanRow {
    const { model, variant } = series;
    const isFailing = model === FAILING.model && variant === FAILING.variant;
    const failures = isFailing ? 3 : this.#second % 4 === 0 ? 1 : 0;
    const durationMs = (variant === 'int8' ? 1 : 1.8) * (20 + 200 * this.#random() ** 4);
    const failed = index < failures;
    if (!failed) this.#note(`${model} ${variant}`, durationMs / 1000);
    return requestOf(series, { endMs, durationMs, failed });
  }

  #note(series: string, seconds: number): void {
    const known = this.latencies.get(series) ?? [];
    known.push(seconds);
    this.latencies.set(series, known);
  }

  /** Keeps the first minute of a variant of each model: from then on all are compared with it. */
  async #saveBaselines(): Promise<void> {
    const http = this.#agents[0]?.agent.addresses()['http'] ?? '';
    const range = { fromMs: Math.ceil(this.startMs + 2000), toMs: Math.ceil(this.startMs + BASELINE_MS) };
    for (const [index, model] of MODELS.entries()) {
      await poll('the baseline is complete', async () => {
        const answer = await fetch(`http://${http}/api/v1/baselines/first-minute-${index}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model, variant: 'fp16', ...range }),
        });
        if (answer.status !== 201) await this.#agents[0]?.advance(1000);
        return answer.status === 201 ? true : undefined;
      });
    }
  }

  async #profile({ grpcAddress }: RunningAgent): Promise<void> {
    for (const model of MODELS) {
      for (const variant of VARIANTS) {
        const operators = ['aten::mm', 'aten::softmax'].map((name, index) => ({
          name,
          device: 'cuda',
          calls: 10,
          totalNano: 5_000_000 * (index + 1),
          selfNano: 4_000_000 * (index + 1),
        }));
        await sendReport(grpcAddress, {
          series: { model, variant },
          profiler: 'torch',
          iterations: 5,
          operators,
        });
      }
    }
  }
}

function requestOf(
  series: Series,
  { endMs, durationMs, failed }: { endMs: number; durationMs: number; failed: boolean },
): SpanRow {
  const durationNs = Math.round(durationMs * 1e6);
  const phase = (name: string, share: number) => ({
    name,
    durationNano: String(Math.round(durationNs * share)),
  });
  return {
    ...series,
    startUnixNano: String(BigInt(Math.round(endMs)) * 1_000_000n - BigInt(durationNs)),
    durationNano: String(durationNs),
    status: failed ? 'STATUS_ERROR' : 'STATUS_OK',
    phases: [phase('queue', 0.1), phase('preprocess', 0.1), phase('inference', 0.8)],
    batchSize: 4,
    inputTokens: 300,
    outputTokens: 50,
    timeToFirstTokenNano: String(Math.round(durationNs * 0.2)),
  };
}

/** What a vLLM of both models says at its n-th reading, with so many failures in between. */
function exposition(reading: number, failures: number): string {
  const lines = MODELS.map((model) => {
    const labels = `{engine="0",model_name="${model}"}`;
    const ended = (reason: string, count: number): string =>
      `vllm:request_success_total{engine="0",finished_reason="${reason}",model_name="${model}"} ${count}`;
    return [
      `vllm:num_requests_running${labels} ${4 + (reading % 3)}`,
      `vllm:num_requests_waiting${labels} ${reading % 5}`,
      `vllm:kv_cache_usage_perc${labels} 0.5`,
      `vllm:prefix_cache_queries_total${labels} ${1000 * reading}`,
      `vllm:prefix_cache_hits_total${labels} ${100 * reading}`,
      `vllm:num_preemptions_total${labels} ${2 * reading}`,
      `vllm:prompt_tokens_total${labels} ${30_000 * reading}`,
      `vllm:generation_tokens_total${labels} ${5000 * reading}`,
      ended('stop', 100 * reading),
      ended('error', failures * reading),
      `vllm:request_queue_time_seconds_count${labels} ${100 * reading}`,
      `vllm:request_queue_time_seconds_sum${labels} ${7 * reading}`,
    ].join('\n');
  });
  return `${lines.join('\n')}\n`;
}
