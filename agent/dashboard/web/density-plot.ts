import type { CompareAnswer, DensitiesAnswer } from './api-answers.ts';
import { formatSeconds } from './format.ts';

type Side = 'baseline' | 'candidate';

const SIDES: readonly Side[] = ['baseline', 'candidate'];
const WIDTH = 640;
const HEIGHT = 230;
const TOP = 44;
const BOTTOM = 200;
const QUANTILES = ['p50', 'p95', 'p99'];
const LABEL_WIDTH = 100;

/** Both distributions over a logarithmic axis, with their percentiles. `color`: the candidate's custom property. */
export function createDensityPlot(
  densities: DensitiesAnswer,
  { metrics }: CompareAnswer['comparison'],
  color: string,
): SVGElement {
  const x = (seconds: number): number =>
    (WIDTH * Math.log(seconds / densities.fromSeconds)) /
    Math.log(densities.toSeconds / densities.fromSeconds);
  const colors = { baseline: 'var(--muted)', candidate: `var(${color})` };
  const plot = draw('svg', {
    class: 'density',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': 'Latency of the baseline and the candidate: how often each was how long',
  });
  plot.append(...axis(densities, x));
  const most = Math.max(...densities.baseline, ...densities.candidate);
  for (const side of SIDES) plot.append(...curve(densities[side], most, colors[side], side));
  for (const [row, side] of SIDES.entries()) {
    const values = QUANTILES.map((name) => {
      const seconds = metrics.find(({ metric }) => metric === `latency_${name}`)?.[side];
      return { name, seconds };
    });
    plot.append(...marks(values, x, { color: colors[side], row, side }));
  }
  return plot;
}

function axis({ fromSeconds, toSeconds }: DensitiesAnswer, x: (seconds: number) => number): SVGElement[] {
  const decades = Math.log10(toSeconds / fromSeconds);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 2, 5] : decades > 0.5 ? [1, 1.5, 2, 3, 5, 7] : FINE;
  const drawn = [draw('path', { d: `M0 ${BOTTOM}H${WIDTH}`, stroke: 'var(--line)' })];
  for (let power = Math.floor(Math.log10(fromSeconds)); 10 ** power <= toSeconds; power++) {
    for (const step of steps) {
      const at = x(step * 10 ** power);
      if (at < 20 || at > WIDTH - 20) continue;
      drawn.push(draw('path', { d: `M${round(at)} ${TOP}V${BOTTOM + 4}`, stroke: 'var(--grid)' }));
      drawn.push(text(at, BOTTOM + 20, shortSeconds(step * 10 ** power), 'var(--muted)'));
    }
  }
  return drawn;
}

const FINE = [1, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.3, 2.6, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];

function curve(shares: readonly number[], most: number, color: string, side: Side): SVGElement[] {
  const step = WIDTH / shares.length;
  const points = shares.map((share, index) => {
    const height = ((BOTTOM - TOP) * share) / most;
    return `${round((index + 0.5) * step)} ${round(BOTTOM - height)}`;
  });
  const line = `M${points.join('L')}`;
  return [
    draw('path', { d: `${line}L${WIDTH} ${BOTTOM}L0 ${BOTTOM}Z`, fill: color, 'fill-opacity': '0.16' }),
    draw('path', { d: line, fill: 'none', stroke: color, 'stroke-width': '2', ...dashed(side) }),
  ];
}

function marks(
  values: readonly { readonly name: string; readonly seconds: number | undefined }[],
  x: (seconds: number) => number,
  { color, row, side }: { color: string; row: number; side: Side },
): SVGElement[] {
  const known = values.flatMap(({ name, seconds }) => (seconds === undefined ? [] : [{ name, seconds }]));
  const places = known.map(({ seconds }) => round(x(seconds)));
  const labels = spread(places);
  return known.flatMap(({ name, seconds }, index) => [
    draw('path', {
      d: `M${places[index]} ${TOP}V${BOTTOM}`,
      stroke: color,
      'stroke-width': '1.5',
      ...dashed(side),
    }),
    text(labels[index], 14 + 18 * row, `${name} ${formatSeconds(seconds)}`, color),
  ]);
}

/** Where labels stand that want to stand at ascending places: apart from each other, and inside. */
function spread(places: readonly number[]): readonly number[] {
  let least = LABEL_WIDTH / 2;
  const rightward = places.map((place) => {
    const label = Math.max(place, least);
    least = label + LABEL_WIDTH;
    return label;
  });
  let most = WIDTH - LABEL_WIDTH / 2;
  return rightward
    .toReversed()
    .map((place) => {
      const label = Math.min(place, most);
      most = label - LABEL_WIDTH;
      return label;
    })
    .toReversed();
}

/** The sides differ without colour too. */
function dashed(side: Side): Record<string, string> {
  return side === 'baseline' ? { 'stroke-dasharray': '6 3' } : {};
}

function shortSeconds(seconds: number): string {
  const [factor, unit] = seconds >= 1 ? [1, 's'] : seconds >= 1e-3 ? [1e3, 'ms'] : [1e6, 'µs'];
  return `${Number((seconds * factor).toPrecision(3))} ${unit}`;
}

function text(x: number, y: number, content: string, fill: string): SVGElement {
  const element = draw('text', { x: String(round(x)), y: String(y), fill, 'text-anchor': 'middle' });
  element.textContent = content;
  return element;
}

function draw(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
