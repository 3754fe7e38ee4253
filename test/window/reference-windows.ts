import { SpanStatus } from '../../agent/core/span-sink.ts';
import { exactQuantile } from './exact-quantile.ts';
import type { TestSpan } from './span-batch.ts';

/** A span by the names that points show. */
export interface Observation extends Omit<TestSpan, 'series' | 'phases'> {
  readonly model: string;
  readonly phases: Readonly<Record<string, number>>;
}

/** What the fields of one window must be; quantiles and deviation are exact. */
export type ExpectedFields = Readonly<Record<string, number | undefined>>;

const MIN_COUNT: Readonly<Record<string, number>> = { p99: 100, p999: 1000 };
const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 };

/** Keeps every span and computes each window from scratch. */
export class ReferenceWindows {
  readonly #intervalMs: number;
  readonly #objectiveMs: number;
  /** What windows are made of. */
  observed: Observation[] = [];

  constructor(intervalMs: number, objectiveMs: number) {
    this.#intervalMs = intervalMs;
    this.#objectiveMs = objectiveMs;
  }

  sliceOf(timeMs: number): number {
    return Math.floor(timeMs / this.#intervalMs);
  }

  /** Spans of a model in the window of `slices` that ends at `end`. */
  spansIn(model: string, slices: number, end: number): Observation[] {
    return this.observed.filter((span) => {
      const index = this.sliceOf(span.endMs);
      return span.model === model && index < end && index >= end - slices;
    });
  }

  inference(spans: readonly Observation[]): ExpectedFields {
    const failed = spans.filter(({ status }) => status === SpanStatus.error);
    const stated = spans.filter(({ status }) => (status ?? SpanStatus.ok) !== SpanStatus.unspecified).length;
    const good = spans.filter(({ status }) => status !== SpanStatus.error);
    const goodNs = good.map(({ durationNs }) => durationNs);
    const failedNs = failed.map(({ durationNs }) => durationNs);
    const within = goodNs.filter((ns) => ns <= this.#objectiveMs * 1e6).length;
    return {
      requests: spans.length,
      requests_estimated: sum(spans.map(weightOf)),
      errors: stated > 0 ? failed.length : undefined,
      error_ratio: stated > 0 ? failed.length / stated : undefined,
      slo_ratio: spans.length > 0 ? within / spans.length : undefined,
      ...distribution(goodNs, 'latency_', ['mean', 'min', 'max', 'stddev', ...Object.keys(QUANTILES)]),
      ...distribution(failedNs, 'error_latency_', ['mean', 'p50', 'p95', 'max']),
      // Sums that a point shows divided by the seconds watched.
      request_rate·s: sum(spans.map(weightOf)),
      concurrency_mean·s: sum(spans.map((span) => (weightOf(span) * span.durationNs) / 1e9)),
      item_rate·s: given(spans, ({ batchSize }) => batchSize),
      input_token_rate·s: given(spans, ({ inputTokens }) => inputTokens),
      output_token_rate·s: given(spans, ({ outputTokens }) => outputTokens),
    };
  }

  /** By phase. */
  phases(spans: readonly Observation[]): Readonly<Record<string, ExpectedFields>> {
    const valuesNs: Record<string, number[]> = {};
    for (const { status, phases } of spans) {
      if (status === SpanStatus.error) continue;
      for (const [phase, ns] of Object.entries(phases)) {
        valuesNs[phase] ??= [];
        valuesNs[phase].push(ns);
      }
    }
    return Object.fromEntries(
      Object.entries(valuesNs).map(([phase, values]) => [
        phase,
        {
          requests: values.length,
          ...distribution(values, '', ['mean', 'max', 'p50', 'p95', 'p99'], 'seconds_'),
        },
      ]),
    );
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function weightOf({ weight }: Observation): number {
  return weight ?? 1;
}

function given(spans: readonly Observation[], read: (span: Observation) => number | undefined) {
  const known = spans.filter((span) => read(span) !== undefined);
  if (known.length === 0) return undefined;
  return sum(known.map((span) => weightOf(span) * (read(span) ?? 0)));
}

/** `latency_` + p50 + `_seconds`, or `seconds_` + p50. */
function distribution(
  valuesNs: readonly number[],
  prefix: string,
  names: readonly string[],
  phasePrefix?: string,
): ExpectedFields {
  return Object.fromEntries(
    names.map((name) => [
      phasePrefix === undefined ? `${prefix}${name}_seconds` : `${phasePrefix}${name}`,
      valuesNs.length === 0 ? undefined : statistic(valuesNs, name),
    ]),
  );
}

function statistic(valuesNs: readonly number[], name: string): number | undefined {
  const meanNs = sum(valuesNs) / valuesNs.length;
  if (name === 'mean') return meanNs / 1e9;
  if (name === 'min') return Math.min(...valuesNs) / 1e9;
  if (name === 'max') return Math.max(...valuesNs) / 1e9;
  if (name === 'stddev')
    return Math.sqrt(sum(valuesNs.map((ns) => (ns - meanNs) ** 2)) / valuesNs.length) / 1e9;
  if (valuesNs.length < (MIN_COUNT[name] ?? 0)) return undefined;
  return exactQuantile(valuesNs, QUANTILES[name as keyof typeof QUANTILES]) / 1e9;
}
