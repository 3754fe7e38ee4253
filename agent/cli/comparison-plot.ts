import type { Comparison } from '../baseline/comparison.ts';
import { densitiesOf } from '../baseline/density.ts';
import { latencyDistribution } from '../baseline/distribution.ts';
import type { Recording } from '../baseline/recording.ts';
import { seriesLabel } from '../baseline/series-selector.ts';
import { formatSeconds } from './text-seconds.ts';

export interface PlottedSides {
  readonly baseline: Recording;
  readonly candidate: Recording;
  readonly comparison: Comparison;
}

const WIDTH = 960;
const HEIGHT = 556;
const LEFT = 40;
const RIGHT = 920;
const TOP = 186;
const BOTTOM = 476;
const QUANTILES = ['p50', 'p95', 'p99'];
/** Marks closer than this share their label's line no more. */
const LABEL_WIDTH = 86;
/** Characters of a line of text. */
const MAX_LINE = 110;

/** Colours of the page, two that also differ for the colour-blind: page, text, muted, grid, baseline, candidate. */
const LIGHT = ['#ffffff', '#1b2330', '#5b6675', '#dfe3e8', '#0b62c4', '#d55e00'];
const DARK = ['#0f141b', '#e4e9ef', '#97a3b3', '#2a3441', '#62acf7', '#f59342'];

/** Plain colours: not every viewer of SVG knows custom properties. */
function colors([page, words, muted, grid, baseline, candidate]: readonly string[]): string {
  const side = (name: Side, color: string): string =>
    `.${name} .area, .${name} .side { fill: ${color}; } .${name} .curve, .${name} .mark { stroke: ${color}; }`;
  return [
    `.page { fill: ${page}; } text { fill: ${words}; } .muted { fill: ${muted}; } .grid { stroke: ${grid}; }`,
    side('baseline', baseline),
    side('candidate', candidate),
  ].join('\n');
}

const STYLE = `
text { font: 14px system-ui, sans-serif; }
.title { font-size: 18px; font-weight: 600; }
.small { font-size: 12px; }
.middle { text-anchor: middle; }
.area { fill-opacity: 0.18; }
.curve { fill: none; stroke-width: 2; }
.mark { stroke-width: 1.5; }
.candidate .curve { stroke-dasharray: 7 3; }
.candidate .mark { stroke-dasharray: 5 3; }
${colors(LIGHT)}
@media (prefers-color-scheme: dark) {
${colors(DARK)}
}
`;

/** A picture of both distributions over a logarithmic axis, with their percentiles and the verdict: one SVG file. */
export function plotSvg({ baseline, candidate, comparison }: PlottedSides): string {
  const densities = densitiesOf(latencyDistribution(baseline), latencyDistribution(candidate));
  const verdict = comparison.verdict.replaceAll('_', ' ');
  const reason = wrapped(comparison.reason);
  const body =
    densities === undefined
      ? [text(LEFT, TOP, 'no successful requests on one side', 'muted')]
      : drawing(densities, comparison);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    `<title>${escapeXml(`${verdict}: ${comparison.reason}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" class="page"/>`,
    text(LEFT, 36, verdict, 'title'),
    ...reason.map((line, index) => text(LEFT, 58 + 18 * index, line, 'muted')),
    ...legend('baseline', 102, comparison),
    ...legend('candidate', 124, comparison),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** Two lines at most. */
function wrapped(reason: string): string[] {
  if (reason.length <= MAX_LINE) return [reason];
  const cut = reason.lastIndexOf(' ', MAX_LINE);
  const rest = reason.slice(cut + 1);
  return [reason.slice(0, cut), rest.length > MAX_LINE ? `${rest.slice(0, MAX_LINE - 1)}…` : rest];
}

type Side = 'baseline' | 'candidate';
type Densities = NonNullable<ReturnType<typeof densitiesOf>>;

function legend(side: Side, y: number, comparison: Comparison): string[] {
  const { series, requests } = comparison[side];
  const said = `${side}: ${seriesLabel(series)}, ${requests.toLocaleString('en')} requests`;
  return [
    `<g class="${side}"><path class="curve" d="M${LEFT} ${y - 5}h34"/></g>`,
    text(LEFT + 44, y, said, ''),
  ];
}

function drawing(densities: Densities, comparison: Comparison): string[] {
  const { fromSeconds, toSeconds, baseline, candidate } = densities;
  const most = Math.max(...baseline, ...candidate);
  const x = (seconds: number): number =>
    LEFT + ((RIGHT - LEFT) * Math.log(seconds / fromSeconds)) / Math.log(toSeconds / fromSeconds);
  const curve = (side: Side): string[] => {
    const shares = densities[side];
    const step = (RIGHT - LEFT) / shares.length;
    const points = shares.map((share, index) => {
      const height = ((BOTTOM - TOP) * share) / most;
      return `${round(LEFT + (index + 0.5) * step)} ${round(BOTTOM - height)}`;
    });
    const line = `M${points.join('L')}`;
    const area = `${line}L${RIGHT} ${BOTTOM}L${LEFT} ${BOTTOM}Z`;
    return [`<g class="${side}"><path class="area" d="${area}"/><path class="curve" d="${line}"/></g>`];
  };
  return [
    ...axis(x, fromSeconds, toSeconds),
    ...curve('baseline'),
    ...curve('candidate'),
    ...marks('baseline', x, comparison),
    ...marks('candidate', x, comparison),
  ];
}

/** Ticks at 1, 2 and 5 of each decade, or finer where the axis is shorter than one. */
function axis(x: (seconds: number) => number, fromSeconds: number, toSeconds: number): string[] {
  const decades = Math.log10(toSeconds / fromSeconds);
  const steps =
    decades > 3
      ? [1]
      : decades > 1.5
        ? [1, 2, 5]
        : decades > 0.8
          ? [1, 1.5, 2, 3, 5, 7]
          : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const ticks: string[] = [];
  for (let power = Math.floor(Math.log10(fromSeconds)); 10 ** power <= toSeconds; power++) {
    for (const step of steps) {
      const seconds = step * 10 ** power;
      if (seconds < fromSeconds || seconds > toSeconds) continue;
      const at = round(x(seconds));
      ticks.push(`<path class="grid" d="M${at} ${TOP}V${BOTTOM + 6}"/>`);
      ticks.push(text(at, BOTTOM + 24, formatSeconds(seconds), 'muted middle'));
    }
  }
  return [
    `<path class="grid" d="M${LEFT} ${BOTTOM}H${RIGHT}"/>`,
    ...ticks,
    text((LEFT + RIGHT) / 2, BOTTOM + 52, 'latency of successful requests (logarithmic)', 'muted middle'),
  ];
}

/** Percentiles of a side: its labels in a row of their own, so that the sides do not cover each other. */
function marks(side: Side, x: (seconds: number) => number, { metrics }: Comparison): string[] {
  const row = side === 'baseline' ? 152 : 172;
  let taken = Number.NEGATIVE_INFINITY;
  return QUANTILES.flatMap((name) => {
    const seconds = metrics.find(({ metric }) => metric === `latency_${name}`)?.[side];
    if (seconds === undefined) return [];
    const at = x(seconds);
    const labelAt = Math.min(RIGHT - LABEL_WIDTH / 2, Math.max(at, taken + LABEL_WIDTH));
    taken = labelAt;
    return [
      `<g class="${side}"><path class="mark" d="M${round(at)} ${TOP}V${BOTTOM}"/>`,
      `${text(labelAt, row, `${name} ${formatSeconds(seconds)}`, 'side small middle')}</g>`,
    ];
  });
}

function text(x: number, y: number, content: string, classes: string): string {
  const named = classes === '' ? '' : ` class="${classes}"`;
  return `<text x="${round(x)}" y="${y}"${named}>${escapeXml(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  // Names may hold control characters, and XML none.
  return content.replace(/\p{Cc}/gu, '�').replace(/[&<>"]/g, (character) => entities[character]);
}
