import { alignSeries, partlyWatched, stackSeries } from './chart-data.ts';
import { type ChartContent, type ChartLine, ChartPanel } from './chart-panel.ts';
import type { ChartPanelOptions } from './chart-panel-options.ts';
import { create } from './dom.ts';
import { formatPercent, formatRate, formatScaled, formatSeconds, scaleSeconds } from './format.ts';
import { isStackable, sortPhases } from './phase-order.ts';
import type { Variant } from './variant-identity.ts';
import type { WindowStore } from './window-store.ts';

/** A variant and the custom property of its colour. */
export interface ColoredVariant extends Variant {
  readonly color: string;
}

/** What all charts have in common. */
export interface ChartView {
  readonly variants: readonly ColoredVariant[];
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How far apart rows are. */
  readonly stepMs: number;
  readonly latenessMs: number;
}

const formatSecondsAxis = (values: readonly number[]): string[] => {
  const scale = scaleSeconds(values);
  const decimals = values.every((value) => Number.isInteger(Number((value * scale.factor).toFixed(6))))
    ? 0
    : scale.decimals;
  return values.map((value) => formatScaled(value, { ...scale, decimals }));
};
const SECONDS = { filled: false, format: formatSeconds, formatAxis: formatSecondsAxis };

interface LineChart extends ChartPanelOptions {
  readonly field: string;
}

/** One line a variant. */
const LATENCY_CHARTS: readonly LineChart[] = [
  {
    ...SECONDS,
    title: 'Latency p50',
    help: 'Half of the requests are as fast',
    field: 'latency_p50_seconds',
  },
  {
    ...SECONDS,
    title: 'Latency p95',
    help: '95 % of the requests are as fast',
    field: 'latency_p95_seconds',
  },
  {
    ...SECONDS,
    title: 'Latency p99',
    help: '99 % of the requests are as fast; drawn where a window has at least 100',
    field: 'latency_p99_seconds',
  },
];
const LOAD_CHARTS: readonly LineChart[] = [
  {
    title: 'Throughput',
    help: 'Requests a second',
    field: 'request_rate',
    filled: false,
    format: formatRate,
    formatAxis: (values) => values.map((value) => formatRate(value)),
  },
  {
    title: 'Errors',
    help: 'Failed requests / requests; drawn where a sender states how requests ended',
    field: 'error_ratio',
    filled: false,
    format: formatPercent,
    formatAxis: (values) => values.map((value) => formatPercent(value)),
  },
];
const PHASE_COLORS = 8;

/** All charts of the page: one a figure, and one of stacked phases for each variant. */
export class ChartGrid {
  readonly #lines: readonly (readonly [LineChart, ChartPanel])[];
  readonly #phases = new Map<string, ChartPanel>();
  readonly #phaseRow = create('div', { class: 'row' });

  constructor(element: HTMLElement) {
    const rows = [LATENCY_CHARTS, LOAD_CHARTS].map((charts) =>
      charts.map((chart) => [chart, new ChartPanel(chart)] as const),
    );
    const elements = rows.map((row) =>
      create('div', { class: 'row' }, ...row.map(([, panel]) => panel.element)),
    );
    element.append(...elements, this.#phaseRow);
    this.#lines = rows.flat();
  }

  show(store: WindowStore, view: ChartView): void {
    for (const [{ field }, panel] of this.#lines) panel.show(createLines(store, view, field));
    this.#showPhases(store, view);
  }

  recolor(): void {
    for (const panel of [...this.#lines.map(([, panel]) => panel), ...this.#phases.values()]) panel.recolor();
  }

  /** The panels share the upper end, so that one sees which variant's phase is longer. */
  #showPhases(store: WindowStore, view: ChartView): void {
    const shown = view.variants.filter(({ key }) => store.phaseNames(key).some(isStackable));
    const names = sortPhases(shown.flatMap(({ key }) => store.phaseNames(key))).filter(isStackable);
    const contents = shown.map((variant) => createStack(store, view, variant.key, names));
    const top = Math.max(
      0,
      ...contents.flatMap(({ drawn }) => drawn.values.flat()).map((value) => value ?? 0),
    );
    this.#keepPanels(shown);
    shown.forEach(({ label }, index) => {
      this.#phases.get(label)?.show({ ...contents[index], top });
    });
  }

  #keepPanels(shown: readonly ColoredVariant[]): void {
    for (const [label, panel] of this.#phases) {
      if (shown.some((variant) => variant.label === label)) continue;
      panel.remove();
      this.#phases.delete(label);
    }
    for (const { label } of shown) {
      if (this.#phases.has(label)) continue;
      const help = 'Mean duration of each phase, one on top of the other';
      const panel = new ChartPanel({ ...SECONDS, title: `Phases of ${label}`, help, filled: true });
      this.#phases.set(label, panel);
      this.#phaseRow.append(panel.element);
    }
  }
}

function createLines(store: WindowStore, view: ChartView, field: string): ChartContent {
  const rows = view.variants.map(({ key }) => store.requests(key));
  const lines = view.variants.map(({ label, color }) => ({ label, color }));
  return {
    ...frameOf(view),
    lines,
    drawn: alignSeries(rows, field, view.stepMs),
    partly: partlyWatched(rows, view.stepMs),
  };
}

function createStack(
  store: WindowStore,
  view: ChartView,
  key: string,
  names: readonly string[],
): ChartContent {
  const own = names.filter((name) => store.phaseNames(key).includes(name));
  const rows = own.map((name) => store.phase(key, name));
  const said = alignSeries(rows, 'seconds_mean', view.stepMs);
  const drawn = stackSeries(said);
  const lines = own.map(
    (name): ChartLine => ({ label: name, color: `--phase-${names.indexOf(name) % PHASE_COLORS}` }),
  );
  return {
    ...frameOf(view),
    // The highest layer first: the lower ones are painted over it.
    lines: lines.toReversed(),
    said: { times: said.times, values: said.values.toReversed() },
    drawn: { times: drawn.times, values: drawn.values.toReversed() },
    partly: partlyWatched(rows, view.stepMs),
  };
}

function frameOf({
  fromMs,
  toMs,
  latenessMs,
}: ChartView): Pick<ChartContent, 'from' | 'to' | 'provisionalFrom'> {
  return { from: fromMs / 1000, to: toMs / 1000, provisionalFrom: (toMs - latenessMs) / 1000 };
}
