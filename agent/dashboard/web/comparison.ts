import type { PointRow } from './api-answers.ts';
import { type ComparedMetric, HEADLINE_METRICS, METRIC_GROUPS, phaseMetric } from './compared-metrics.ts';
import {
  formatBytes,
  formatChange,
  formatJoules,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRate,
  formatScaled,
  formatSeconds,
  scaleSeconds,
} from './format.ts';

/** Twice the 1 % by which a quantile of the sketch may be off. */
const SAME_RATIO = 0.02;
const SAME_SHARE = 0.0005;

/** What is known of one variant now. */
export interface ComparedVariant {
  readonly key: string;
  readonly label: string;
  /** Its last window with requests. */
  readonly requests: PointRow;
  /** That window's phases by name. */
  readonly phases: ReadonlyMap<string, PointRow>;
  /** What its last final window took of a GPU, where that is known. */
  readonly gpuUse?: PointRow | undefined;
}

type Tone = 'better' | 'worse' | 'same' | 'neutral';

/** How a figure differs from the reference's. */
export interface Change {
  readonly text: string;
  readonly tone: Tone;
}

export interface Cell {
  readonly text: string;
  /** Absent in the reference's column, and where a figure is missing on either side. */
  readonly change?: Change;
}

interface ComparisonRow {
  readonly label: string;
  readonly help: string;
  /** One for each variant, in their order. */
  readonly cells: readonly Cell[];
}

export interface ComparisonGroup {
  readonly title: string;
  readonly rows: readonly ComparisonRow[];
}

/** The variants of a model side by side; `reference` is the index of the one the others are compared with. */
export function compareVariants(
  variants: readonly ComparedVariant[],
  reference: number,
  phases: readonly string[],
): readonly ComparisonGroup[] {
  const groups = METRIC_GROUPS.map(({ title, of, metrics }) => ({
    title,
    rows: metrics.map((metric) =>
      compareRow(
        metric,
        reference,
        variants.map((variant) => readNumber(variant[of], metric.field)),
      ),
    ),
  }));
  const phaseRows = phases.map(phaseMetric).map((metric) =>
    compareRow(
      metric,
      reference,
      variants.map((variant) => readNumber(variant.phases.get(metric.label), metric.field)),
    ),
  );
  return [...groups, { title: 'Phases, mean', rows: phaseRows }]
    .map(({ title, rows }) => ({ title, rows: rows.filter((row) => row !== undefined) }))
    .filter(({ rows }) => rows.length > 0);
}

/** The figure that answers "is it faster?": p95, or the median where that is unknown on either side. */
export interface Headline extends Change {
  /** Its name: `p95`. */
  readonly of: string;
}

/** How a variant differs from the reference in the figure that counts; of the reference itself, the figure. */
export function headlineOf(variant: ComparedVariant, reference: ComparedVariant): Headline | undefined {
  for (const metric of HEADLINE_METRICS) {
    const value = readNumber(variant.requests, metric.field);
    const change = changeOf(metric, value, readNumber(reference.requests, metric.field));
    if (change === undefined) continue;
    if (variant === reference) return { text: formatSeconds(value), tone: 'neutral', of: metric.label };
    return { ...change, of: metric.label };
  }
  return undefined;
}

/** A field as a number; undefined where there is none. */
export function readNumber(row: PointRow | undefined, field: string): number | undefined {
  const value = row?.fields[field];
  return typeof value === 'number' ? value : undefined;
}

function compareRow(
  metric: ComparedMetric,
  reference: number,
  values: readonly (number | undefined)[],
): ComparisonRow | undefined {
  if (!metric.always && values.every((value) => value === undefined)) return undefined;
  const format = formatterOf(metric, values);
  const cells = values.map((value, index) => {
    const change = index === reference ? undefined : changeOf(metric, value, values[reference]);
    return change === undefined ? { text: format(value) } : { text: format(value), change };
  });
  return { label: metric.label, help: metric.help, cells };
}

function changeOf(
  metric: ComparedMetric,
  value: number | undefined,
  reference: number | undefined,
): Change | undefined {
  if (value === undefined || reference === undefined || metric.better === 'uncompared') return undefined;
  if (metric.kind === 'share') {
    return { text: formatPoints(value - reference), tone: toneOf(metric, value - reference) };
  }
  if (reference <= 0) return undefined;
  const ratio = value / reference;
  return { text: formatChange(ratio), tone: toneOf(metric, ratio - 1) };
}

function toneOf({ better, kind }: ComparedMetric, difference: number): Tone {
  if (Math.abs(difference) <= (kind === 'share' ? SAME_SHARE : SAME_RATIO)) return 'same';
  if (better === 'neither') return 'neutral';
  return difference < 0 === (better === 'lower') ? 'better' : 'worse';
}

function formatterOf(
  { kind }: ComparedMetric,
  values: readonly (number | undefined)[],
): (value: number | undefined) => string {
  if (kind === 'rate') return formatRate;
  if (kind === 'number') return formatNumber;
  if (kind === 'share') return formatPercent;
  if (kind === 'bytes') return formatBytes;
  if (kind === 'joules') return formatJoules;
  const scale = scaleSeconds(values.filter((value) => value !== undefined));
  return (value) => formatScaled(value, scale);
}
