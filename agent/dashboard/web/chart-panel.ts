import type { AlignedSeries, TimeBand } from './chart-data.ts';
import { drawBands, drawProvisional } from './chart-marks.ts';
import type { ChartPanelOptions } from './chart-panel-options.ts';
import { create, render } from './dom.ts';
import { formatClock } from './format.ts';
import { readColor } from './theme.ts';
import uPlot from './uplot.js';

export interface ChartLine {
  readonly label: string;
  /** CSS custom property of its colour. */
  readonly color: string;
}

export interface ChartContent {
  readonly lines: readonly ChartLine[];
  /** What is drawn. */
  readonly drawn: AlignedSeries;
  /** What the legend says, where that is not what is drawn: the layers of a stack. */
  readonly said?: AlignedSeries;
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly partly: readonly TimeBand[];
  /** From here on late requests may still change the figures, Unix seconds. */
  readonly provisionalFrom: number;
  /** Upper end that several panels share. */
  readonly top?: number;
}

/** Half a time of day, less the padding. */
const CLOCK_ROOM_PX = 20;
const HEIGHT_PX = 180;
const AXIS_FONT = '11px system-ui, sans-serif';
/** All panels show the values of the same moment. */
const CURSOR_GROUP = 'page';

/** One chart with its title and a legend that shows the values under the cursor, or the newest ones. */
export class ChartPanel {
  readonly element: HTMLElement;
  readonly #options: ChartPanelOptions;
  readonly #canvas: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #resizing: ResizeObserver;
  #content: ChartContent | undefined;
  #plot: uPlot | undefined;
  #shape = '';

  constructor(options: ChartPanelOptions) {
    this.#options = options;
    this.#canvas = create('div', { class: 'plot', role: 'img' });
    this.#legend = create('ul', { class: 'legend' });
    const title = create('h3', { title: options.help }, options.title);
    this.element = create(
      'section',
      { class: 'panel chart' },
      create('header', {}, title, this.#legend),
      this.#canvas,
    );
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(this.#canvas);
  }

  show(content: ChartContent): void {
    this.#content = content;
    const shape = JSON.stringify(content.lines);
    if (shape !== this.#shape || this.#plot === undefined) this.#rebuild(content, shape);
    const plot = this.#plot;
    plot?.batch(() => {
      plot.setData(toData(content.drawn), false);
      plot.setScale('x', { min: content.from, max: content.to });
      plot.setScale('y', { min: 0, max: this.#options.fullScale ?? topOf(content) });
    });
    this.#showLegend();
  }

  /** Draws anew in the colours that hold now. */
  recolor(): void {
    if (this.#content === undefined) return;
    this.#shape = '';
    this.show(this.#content);
  }

  remove(): void {
    this.#resizing.disconnect();
    this.#plot?.destroy();
    this.element.remove();
  }

  #rebuild(content: ChartContent, shape: string): void {
    this.#plot?.destroy();
    this.#shape = shape;
    this.#plot = new uPlot(this.#createOptions(content.lines), toData(content.drawn), this.#canvas);
  }

  #createOptions(lines: readonly ChartLine[]): uPlot.Options {
    const grid = { stroke: readColor('--grid'), width: 1 };
    const { formatAxis, axisSteps } = this.#options;
    const axis = { stroke: readColor('--muted'), font: AXIS_FONT, grid, ticks: { show: false } };
    return {
      width: this.#canvas.clientWidth || 300,
      height: HEIGHT_PX,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: CURSOR_GROUP }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      axes: [
        { ...axis, size: 24, space: 70, values: (plot, splits) => splits.map((at) => this.#clock(plot, at)) },
        {
          ...axis,
          size: 56,
          gap: 4,
          space: 28,
          ...(axisSteps === undefined ? {} : { incrs: [...axisSteps] }),
          values: (_plot, splits) => formatAxis(splits),
        },
      ],
      series: [{}, ...lines.map((line) => this.#createSeries(line))],
      hooks: { drawClear: [(plot) => this.#drawMarks(plot)], setCursor: [() => this.#showLegend()] },
    };
  }

  #createSeries({ label, color }: ChartLine): uPlot.Series {
    const stroke = readColor(color);
    const points = { size: 5, fill: stroke };
    return {
      label,
      stroke,
      width: this.#options.filled ? 1 : 1.75,
      points,
      ...(this.#options.filled ? { fill: stroke } : {}),
    };
  }

  #drawMarks(plot: uPlot): void {
    if (this.#content === undefined) return;
    drawBands(plot, this.#content.partly, readColor('--hatch'));
    drawProvisional(plot, this.#content.provisionalFrom, readColor('--provisional'));
  }

  #showLegend(): void {
    if (this.#content === undefined) return;
    const { lines, drawn, said = drawn } = this.#content;
    const index = this.#plot?.cursor.idx ?? undefined;
    const texts = lines.map((_line, line) => this.#options.format(valueAt(said.values[line], index)));
    const items = lines.map(({ label, color }, line) =>
      create(
        'li',
        {},
        create('i', { class: `swatch ${color.slice(2)}` }),
        label,
        create('b', {}, texts[line]),
      ),
    );
    render(this.#legend, ...items);
    const summary = lines.map(({ label }, line) => `${label} ${texts[line]}`).join(', ');
    this.#canvas.setAttribute('aria-label', `${this.#options.title}: ${summary || 'no values'}`);
  }

  /** Nothing so near to the right edge that it would be cut off. */
  #clock(plot: uPlot, at: number): string {
    if (plot.valToPos(at, 'x') > plot.over.clientWidth - CLOCK_ROOM_PX) return '';
    const { from, to } = this.#content ?? { from: 0, to: 0 };
    return formatClock(at * 1000, to - from < 600);
  }

  #resize(): void {
    const width = this.#canvas.clientWidth;
    if (width > 0 && this.#plot !== undefined && this.#plot.width !== width) {
      this.#plot.setSize({ width, height: HEIGHT_PX });
    }
  }
}

/** The value at an index, or the last one there is. */
function valueAt(
  values: readonly (number | null | undefined)[],
  index: number | undefined,
): number | undefined {
  const value = index === undefined ? values.findLast((one) => typeof one === 'number') : values[index];
  return value ?? undefined;
}

/** A little above the greatest value, so that no line touches the edge. */
function topOf({ drawn, top }: ChartContent): number {
  const values = top === undefined ? drawn.values.flat().filter((value) => typeof value === 'number') : [top];
  return Math.max(0, ...values) * 1.08 || 1;
}

function toData({ times, values }: AlignedSeries): uPlot.AlignedData {
  return [times, ...values] as uPlot.AlignedData;
}
