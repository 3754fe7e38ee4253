import type { ProfileComparison } from '../baseline/compare-operators.ts';
import type { ComparedSide, Comparison, MetricComparison, Verdict } from '../baseline/comparison.ts';
import { boundsText, percent, ratioText } from '../baseline/figure-text.ts';
import type { GateResult } from '../baseline/gate.ts';
import { seriesLabel } from '../baseline/series-selector.ts';
import { operatorComparisonLines } from './operator-comparison-text.ts';
import { asColumns } from './text-columns.ts';
import { formatSeconds } from './text-seconds.ts';

const NAMES: Readonly<Record<string, string>> = {
  latency_mean: 'mean',
  latency_p50: 'p50',
  latency_p95: 'p95',
  latency_p99: 'p99',
  request_rate: 'throughput',
  energy_per_request: 'energy a request',
  output_tokens_per_joule: 'tokens a joule',
};
/** Figures that are no times are better or worse. */
const OTHERWISE: Readonly<Partial<Record<Verdict, string>>> = { faster: 'better', slower: 'worse' };

/** A comparison for people. `operators`: where both sides have a profile. */
export function comparisonText(
  comparison: Comparison,
  gates: readonly GateResult[],
  operators: ProfileComparison | undefined,
): string {
  const { baseline, candidate, confidence, metrics, verdict, reason } = comparison;
  const header = ['', 'baseline', 'candidate', 'ratio', `${percent(confidence)} interval`];
  const table = asColumns([header, ...metrics.map(figuresOf)]);
  const width = Math.max(...table.map((line) => line.length));
  const reasons = [...new Set(metrics.flatMap((row) => row.reason ?? []))];
  const said = ['', ...metrics.map((row) => verdictOf(row, reasons))];
  const lines = [
    `baseline   ${sideText(baseline)}`,
    `candidate  ${sideText(candidate)}`,
    '',
    ...table.map((line, index) => `${line.padEnd(width)}  ${said[index]}`.trimEnd()),
    ...reasons.map((text, index) => `  [${index + 1}] ${text}`),
    '',
    ...(operators === undefined ? [] : [...operatorComparisonLines(operators), '']),
    `${words(verdict)}: ${reason}`,
    ...gates.map((gate) => `gate ${gate.gate}: ${gate.state}: ${gate.reason}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** A verdict as people say it. */
function words(verdict: string): string {
  return verdict.replaceAll('_', ' ');
}

function sideText({
  series,
  watchedMs,
  requests,
  requestRate,
  concurrencyMean,
  errorRatio,
}: ComparedSide): string {
  const parts = [
    seriesLabel(series),
    `${requests.toLocaleString('en')} requests in ${watchedMs / 1000} s`,
    `${number(requestRate)} a second`,
    `${number(concurrencyMean)} at a time`,
    errorRatio === undefined ? 'errors unknown' : `${percent(errorRatio)} errors`,
  ];
  return parts.join(', ');
}

function figuresOf({
  metric,
  phase,
  unit,
  baseline,
  candidate,
  ratio,
  low,
  high,
}: MetricComparison): string[] {
  return [
    phase === undefined ? (NAMES[metric] ?? metric) : `${phase} ${metric.replace('phase_', '')}`,
    figure(baseline, unit),
    figure(candidate, unit),
    ratio === undefined ? '' : ratioText(ratio),
    boundsText(low, high),
  ];
}

/** Many rows may have one reason, which stands below the table. */
function verdictOf({ unit, verdict, reason }: MetricComparison, reasons: readonly string[]): string {
  const said = words(unit === 's' ? verdict : (OTHERWISE[verdict] ?? verdict));
  return reason === undefined ? said : `${said} [${reasons.indexOf(reason) + 1}]`;
}

function figure(value: number | undefined, unit: string): string {
  if (value === undefined) return '–';
  switch (unit) {
    case 's':
      return formatSeconds(value);
    case 'By':
      return `${number(value / 2 ** 20)} MiB`;
    case '1/s':
      return `${number(value)} /s`;
    case '1/J':
      return `${number(value)} /J`;
    default:
      return `${number(value)} ${unit}`;
  }
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
