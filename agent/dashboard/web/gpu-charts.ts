import { alignSeries } from './chart-data.ts';
import { type ChartContent, ChartPanel } from './chart-panel.ts';
import { create } from './dom.ts';
import { formatPercent } from './format.ts';
import { GPU_CHARTS, GPU_PIPES, type GpuChart, type GpuMeasurement } from './gpu-figures.ts';
import type { Gpu, GpuStore } from './gpu-store.ts';

/** What is drawn over time. */
export interface GpuChartView {
  /** Unix milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How far apart the rows of a measurement are. */
  readonly stepMs: Readonly<Record<GpuMeasurement, number>>;
}

const GPU_COLORS = 8;
const PIPE_PANEL = {
  help: 'Share of the time in which each pipe was busy: a model in int8 should show on the int8 tensor cores',
  filled: false,
  format: formatPercent,
  formatAxis: (values: readonly number[]) => values.map((ratio) => formatPercent(ratio)),
  fullScale: 1,
};

/** How busy the GPUs are, and which of their pipes. */
export class GpuCharts {
  readonly #lines: readonly (readonly [GpuChart, ChartPanel])[];
  readonly #pipes = new Map<string, ChartPanel>();
  readonly #pipeRow = create('div', { class: 'row' });
  readonly #element: HTMLElement;

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#lines = GPU_CHARTS.map((chart) => [chart, new ChartPanel(chart)] as const);
    element.append(
      create('div', { class: 'row' }, ...this.#lines.map(([, panel]) => panel.element)),
      this.#pipeRow,
    );
  }

  show(store: GpuStore, view: GpuChartView): void {
    const gpus = store.gpus();
    this.#element.hidden = gpus.length === 0;
    if (gpus.length === 0) return;
    for (const [{ field }, panel] of this.#lines) panel.show(createLines(store, gpus, view, field));
    this.#showPipes(store, gpus, view);
  }

  recolor(): void {
    for (const panel of [...this.#lines.map(([, panel]) => panel), ...this.#pipes.values()]) panel.recolor();
  }

  #showPipes(store: GpuStore, gpus: readonly Gpu[], view: GpuChartView): void {
    const shown = gpus.filter(({ uuid }) => store.rows(uuid, 'gpu_activity').some(hasPipe));
    for (const [uuid, panel] of this.#pipes) {
      if (shown.some((gpu) => gpu.uuid === uuid)) continue;
      panel.remove();
      this.#pipes.delete(uuid);
    }
    for (const gpu of shown) this.#panelOf(gpu).show(createPipes(store, gpu, view));
  }

  #panelOf({ uuid, label }: Gpu): ChartPanel {
    const known = this.#pipes.get(uuid);
    if (known !== undefined) return known;
    const panel = new ChartPanel({ ...PIPE_PANEL, title: `Pipes of ${label}` });
    this.#pipes.set(uuid, panel);
    this.#pipeRow.append(panel.element);
    return panel;
  }
}

function hasPipe({ fields }: { fields: Readonly<Record<string, unknown>> }): boolean {
  return GPU_PIPES.some(({ field }) => field in fields);
}

function createLines(store: GpuStore, gpus: readonly Gpu[], view: GpuChartView, field: string): ChartContent {
  const rows = gpus.map(({ uuid }) => store.rows(uuid, 'nvidia_smi'));
  return {
    ...frameOf(view),
    lines: gpus.map(({ label }, index) => ({ label, color: `--gpu-${index % GPU_COLORS}` })),
    drawn: alignSeries(rows, field, view.stepMs.nvidia_smi),
  };
}

function createPipes(store: GpuStore, { uuid }: Gpu, view: GpuChartView): ChartContent {
  const rows = store.rows(uuid, 'gpu_activity');
  const pipes = GPU_PIPES.filter(({ field }) =>
    rows.some(({ fields }) => Number(fields[field] ?? 0) > 0.0005),
  );
  const columns = pipes.map(({ field }) => alignSeries([rows], field, view.stepMs.gpu_activity));
  return {
    ...frameOf(view),
    lines: pipes.map(({ label, color }) => ({ label, color })),
    drawn: { times: columns[0]?.times ?? [], values: columns.flatMap(({ values }) => values) },
  };
}

function frameOf({
  fromMs,
  toMs,
}: GpuChartView): Pick<ChartContent, 'from' | 'to' | 'provisionalFrom' | 'partly'> {
  return { from: fromMs / 1000, to: toMs / 1000, provisionalFrom: toMs / 1000, partly: [] };
}
