import { expect } from 'chai';
import type { RunningAgent } from '../running-agent.ts';

/** The same requests from every exporter, told by their index. */
export const SPANS = 3000;
export const START_MS = 1_800_000_000_000;
const MODELS = ['llama', 'mistral', 'qwen'] as const;
const SPREAD_MS = 20_000;
const FAILED_EVERY = 50;
/** The slices that requests complete in begin one after the start. */
const SLICE_MS = 10_000;
const WATCH_MS = 120_000;
const STEP_MS = 5000;

export interface LoadSpan {
  readonly model: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Span i, as the conventions for generative AI have it; what is not asked for is among its attributes. */
export function loadSpan(i: number): LoadSpan {
  const model = MODELS[i % MODELS.length] ?? MODELS[0];
  const endMs = START_MS + SLICE_MS + Math.floor((i / SPANS) * SPREAD_MS);
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': model,
    'gen_ai.usage.input_tokens': 100 + (i % 7),
    'gen_ai.usage.output_tokens': 10 + (i % 5),
    'gen_ai.response.time_to_first_chunk': latencyMs(i) / 4000,
    'gen_ai.request.temperature': 0.7,
    'server.address': 'localhost',
  };
  return { model, startMs: endMs - latencyMs(i), endMs, failed: i % FAILED_EVERY === 0, attributes };
}

function latencyMs(i: number): number {
  return 20 + ((i * 7919) % 1000);
}

/** Lets the windows close, and compares what the local store then holds with what was sent, value by value. */
export async function expectExactPoints(agent: RunningAgent): Promise<void> {
  for (let passedMs = 0; passedMs < WATCH_MS; passedMs += STEP_MS) await agent.advance(STEP_MS);
  const query = `measurement=inference&from=${START_MS}&to=${START_MS + WATCH_MS}&window=10s`;
  const answer = await fetch(`http://${agent.agent.addresses()['http']}/api/v1/points?${query}`);
  const { rows } = (await answer.json()) as { rows: readonly PointRow[] };
  const closed = rows.filter(({ fields }) => (fields['requests'] ?? 0) > 0);
  expect(closed).to.have.length(MODELS.length * (SPREAD_MS / SLICE_MS));
  for (const { time, tags, fields } of closed) {
    const ended = spansOf(tags['model'] ?? '', time);
    const good = ended.filter(({ failed }) => !failed);
    const seconds = good.map(({ startMs, endMs }) => (endMs - startMs) / 1000);
    const where = `${tags['model']} at ${time}`;
    expect(fields['requests'], where).to.equal(ended.length);
    expect(fields['errors'], where).to.equal(ended.length - good.length);
    expect(fields['latency_min_seconds'], where).to.be.closeTo(Math.min(...seconds), 1e-9);
    expect(fields['latency_max_seconds'], where).to.be.closeTo(Math.max(...seconds), 1e-9);
    expect(fields['latency_mean_seconds'], where).to.be.closeTo(sum(seconds) / seconds.length, 1e-9);
    expect(fields['input_token_rate'], where).to.be.closeTo(tokens(ended, 'input') / 10, 1e-6);
    expect(fields['output_token_rate'], where).to.be.closeTo(tokens(ended, 'output') / 10, 1e-6);
  }
  expect(sum(closed.map(({ fields }) => fields['requests'] ?? 0))).to.equal(SPANS);
}

interface PointRow {
  readonly time: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number>>;
}

function spansOf(model: string, endMs: number): readonly LoadSpan[] {
  return Array.from({ length: SPANS }, (_, i) => loadSpan(i)).filter(
    (span) => span.model === model && span.endMs >= endMs - SLICE_MS && span.endMs < endMs,
  );
}

function tokens(spans: readonly LoadSpan[], side: 'input' | 'output'): number {
  return sum(spans.map(({ attributes }) => Number(attributes[`gen_ai.usage.${side}_tokens`])));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
