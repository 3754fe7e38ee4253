import { createRandom } from '../distributions.ts';
import { sendReport } from '../ingest/operators/operator-client.ts';
import { MetricsServer } from '../scrape/metrics-server.ts';
import type { SpanRow } from '../span-client.ts';

/** Names with characters that a pattern must escape. */
const MODELS = ['org/llama.8b', 'res net (50)'] as const;
const VARIANTS = ['fp16', 'int8'] as const;
/** Fails 15 % of its requests; fp16 misses its objective, and the server of int8 counts failures. */
const FAILING = { model: MODELS[0], variant: VARIANTS[0] };
const SPANS_A_SECOND = 20;
/** From then on one variant has the GPU for itself. */
const ALONE_FROM_SECOND = 80;
const BASELINE_MS = 47_000;

interface Series {
  readonly model: string;
  readonly variant: string;
}

/** What clients, servers and operators of two models do, so that an agent has something to say in every measurement. */
export class FleetLoad {
  /** Of the requests that succeeded, by model and variant, in seconds. */
  readonly latencies = new Map<string, number[]>();
  readonly #servers = VARIANTS.map(() => new MetricsServer());
  readonly #random = createRandom(6);
  #second = 0;

  /** The servers' metrics answer from now on. */
  async start(): Promise<void> {
    for (const [index, server] of this.#servers.entries()) {
      await server.start();
      let reading = 0;
      server.answer = (_, response) => response.end(exposition(reading++, index === 0 ? 1 : 10));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }

  /** Keys of the config of the agent beside them. */
  settings(): readonly (readonly [key: string, text: string])[] {
    const scrapes = VARIANTS.map(
      (variant, index) => `{url: "${this.#servers[index]?.url}", kind: vllm, variant: ${variant}}`,
    );
    return [
      ['gpu.source', 'simulated'],
      ['scrape', `[${scrapes.join(', ')}]`],
      ['watch.pid', String(process.pid)],
      ['match', `[{model: "${MODELS[0]}", variant: int8, expect_tensor: imma}]`],
      ['slo', `[${MODELS.map((model) => `{model: "${model}", latency: 200ms}`).join(', ')}]`],
    ];
  }

  /** The next second begins. */
  nextSecond(): void {
    this.#second++;
  }

  /** A second's requests of each series, some of them failed, and one that comes too late. */
  spans(nowMs: number): SpanRow[] {
    const all = MODELS.flatMap((model) => VARIANTS.map((variant) => ({ model, variant })));
    const alone = { model: MODELS[0], variant: VARIANTS[1] };
    const series = this.#second < ALONE_FROM_SECOND ? all : [alone];
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

  /** What a profiler says of every model to the agent at this address. */
  async profile(grpcAddress: string): Promise<void> {
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

  /** Keeps the first minute of a variant of each model, once it is complete; then all are compared with it. */
  async saveBaselines(httpAddress: string, startMs: number): Promise<boolean> {
    const range = { fromMs: Math.ceil(startMs + 2000), toMs: Math.ceil(startMs + BASELINE_MS) };
    const saved = MODELS.map(async (model, index) => {
      const answer = await fetch(`http://${httpAddress}/api/v1/baselines/first-minute-${index}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, variant: 'fp16', ...range }),
      });
      // 409: it is there.
      return answer.status === 201 || answer.status === 409;
    });
    return (await Promise.all(saved)).every((done) => done);
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
