import type { Comparison, MetricComparison } from './comparison.ts';
import { boundsText, ratioText } from './figure-text.ts';

/** Names of figures in gates, and in tables. */
const METRICS: Readonly<Record<string, string>> = {
  mean: 'latency_mean',
  p50: 'latency_p50',
  p95: 'latency_p95',
  p99: 'latency_p99',
  throughput: 'request_rate',
  memory: 'memory',
  energy: 'energy_per_request',
  tokens_per_joule: 'output_tokens_per_joule',
};
const PHASE_METRICS: Readonly<Record<string, string>> = {
  mean: 'phase_mean',
  p50: 'phase_p50',
  p95: 'phase_p95',
};

/** A bound on the ratio candidate / baseline of one figure. */
export interface Gate {
  readonly text: string;
  /** `forbids`: fails if the ratio is shown to be beyond; `requires`: fails unless it is shown to be. */
  readonly kind: 'forbids' | 'requires';
  readonly metric: string;
  readonly phase?: string;
  readonly operator: '<' | '>';
  readonly bound: number;
}

export interface GateResult {
  readonly gate: string;
  /** `undecided`: nothing could be said about the figure. */
  readonly state: 'passed' | 'failed' | 'undecided';
  /** For people. */
  readonly reason: string;
}

export const GATE_RULE = `FIGURE>RATIO or FIGURE<RATIO; figures are ${Object.keys(METRICS).join(', ')}, and PHASE.mean, PHASE.p50, PHASE.p95`;

/** `p95>1.05`, `inference.p95<0.9`; undefined: it is no gate. */
export function parseGate(text: string, kind: Gate['kind']): Gate | undefined {
  const match = /^\s*([^<>]+?)\s*([<>])\s*(\d+(?:\.\d+)?)\s*$/.exec(text);
  if (match === null) return undefined;
  const [, figure, operator, bound] = match;
  const named = metricOf(figure);
  if (named === undefined || Number(bound) === 0) return undefined;
  return { text: text.trim(), kind, ...named, operator: operator === '<' ? '<' : '>', bound: Number(bound) };
}

/**
 * What the interval of the figure's ratio says. A gate that forbids fails only if the whole interval lies beyond its
 * bound; one that requires passes only then. More errors fail every gate: the figures are those of the successful
 * requests, and a candidate that fails fast would look good by them.
 */
export function judgeGate(gate: Gate, { metrics, verdict, reason }: Comparison): GateResult {
  if (verdict === 'unsafe') return { gate: gate.text, state: 'failed', reason };
  const row = metrics.find(({ metric, phase }) => metric === gate.metric && phase === gate.phase);
  if (row === undefined)
    return { gate: gate.text, state: 'undecided', reason: 'neither side has this figure' };
  const { low, high } = row;
  if (low === undefined && high === undefined)
    return { gate: gate.text, state: 'undecided', reason: row.reason ?? 'its ratio has no bounds' };
  const isShown = gate.operator === '>' ? (low ?? 0) > gate.bound : (high ?? Infinity) < gate.bound;
  const passed = gate.kind === 'forbids' ? !isShown : isShown;
  return { gate: gate.text, state: passed ? 'passed' : 'failed', reason: explain(gate, row, isShown) };
}

function metricOf(figure: string): Pick<Gate, 'metric' | 'phase'> | undefined {
  const metric = METRICS[figure];
  if (metric !== undefined) return { metric };
  const dot = figure.lastIndexOf('.');
  const ofPhase = dot > 0 ? PHASE_METRICS[figure.slice(dot + 1)] : undefined;
  return ofPhase === undefined ? undefined : { metric: ofPhase, phase: figure.slice(0, dot) };
}

function explain(
  { operator, bound }: Gate,
  { ratio = 0, low, high }: MetricComparison,
  isShown: boolean,
): string {
  const beyond = `${operator === '>' ? 'above' : 'below'} ${bound}`;
  return `ratio ${ratioText(ratio)} (${boundsText(low, high)}), ${isShown ? 'shown' : 'not shown'} to be ${beyond}`;
}
