import type { BaselineFollower } from './baseline-follower.ts';
import { BaselinePanel } from './baseline-panel.ts';
import { ChartGrid, type ColoredVariant } from './chart-grid.ts';
import { chooseCompared } from './compared-choice.ts';
import { readNumber } from './comparison.ts';
import { showDegraded } from './degraded-banner.ts';
import { find } from './dom.ts';
import { showEmptyState } from './empty-state.ts';
import { formatClock } from './format.ts';
import { GpuCharts } from './gpu-charts.ts';
import { showGpu } from './gpu-panel.ts';
import { sortPhases } from './phase-order.ts';
import { Picker, type PickerActions } from './picker.ts';
import type { Session } from './session.ts';
import { showFooter } from './status-footer.ts';
import { type TableColumn, VariantsTable } from './variants-table.ts';
import { chartStartMs, chooseWindow, hopMs, parseWindowMs, RANGES, type ViewState } from './view-state.ts';

const VARIANT_COLORS = 8;
/** The agent reads what a GPU did no more often. */
const LEAST_ACTIVITY_MS = 10_000;

/** Everything that is on the page; `show` brings it up to date with what the session knows. */
export class PageLayout {
  readonly #charts = new ChartGrid(find('charts'));
  readonly #gpuCharts = new GpuCharts(find('gpu-charts'));
  readonly #picker: Picker;
  readonly #table: VariantsTable;
  readonly #baseline: BaselinePanel;

  constructor(actions: PickerActions) {
    this.#baseline = new BaselinePanel(find('baseline'), actions.choose);
    this.#picker = new Picker(find('picker'), actions);
    this.#table = new VariantsTable(find('variants'), (reference) => actions.choose({ reference }));
  }

  recolor(): void {
    this.#charts.recolor();
    this.#gpuCharts.recolor();
  }

  show(session: Session, follower: BaselineFollower, view: ViewState): void {
    showConnection(find('connection'), session);
    const { status } = session;
    if (status === undefined) return;
    showDegraded(find('degraded'), status.degraded, status.nowMs);
    showFooter(find('agent'), status);
    showGpu(find('gpu'), status.gpu);
    const model = modelOf(session, view);
    find('empty').hidden = model !== undefined;
    find('figures').hidden = model === undefined;
    if (model === undefined) showEmptyState(find('empty'), status);
    else {
      this.#showModel(session, view, model);
      this.#showBaseline(session, follower, view, model);
    }
  }

  #showModel(session: Session, view: ViewState, model: string): void {
    const { status, store } = session;
    if (status === undefined) return;
    const autoWindow = chooseWindow(view.range, status.windows);
    const window = status.windows.includes(view.window) ? view.window : autoWindow;
    const windowMs = parseWindowMs(window);
    session.follow({ model, window, windowMs, rangeMs: RANGES[view.range] });
    const variants = store
      .variants()
      .map((variant, index) => ({ ...variant, color: `--variant-${index % VARIANT_COLORS}` }));
    const models = [...new Set([...session.series.map(({ tags }) => tags.model), model])].sort();
    this.#picker.show(view, { models, model, windows: status.windows, autoWindow, variants });
    const shown = variants.filter(({ key }) => !view.hidden.includes(key));
    const hop = hopMs(windowMs, status.intervalMs);
    this.#showTable(session, view, { shown, window, hop });
    const toMs = session.nowMs;
    const stepMs = Math.max(hop, RANGES[view.range] / 1000);
    const { startedMs } = status;
    const { firstRowMs } = store;
    const fromMs = chartStartMs({ nowMs: toMs, startedMs, firstRowMs }, RANGES[view.range]);
    const range = { fromMs, toMs, stepMs, latenessMs: status.latenessMs };
    this.#charts.show(store, { variants: shown, ...range });
    const activityMs = Math.max(LEAST_ACTIVITY_MS, status.intervalMs);
    const gpuStepMs = {
      nvidia_smi: session.gpuStepMs,
      gpu_activity: Math.max(session.gpuStepMs, activityMs),
    };
    this.#gpuCharts.show(session.gpus, { fromMs, toMs, stepMs: gpuStepMs });
    find('note').textContent = session.pastNote;
  }

  #showBaseline(session: Session, follower: BaselineFollower, view: ViewState, model: string): void {
    const variants = session.store.variants();
    const colorOf = (key: string): string => {
      const index = variants.findIndex((variant) => variant.key === key);
      return `--variant-${Math.max(0, index) % VARIANT_COLORS}`;
    };
    const series = session.series.filter(({ tags }) => tags.model === model).map(({ tags }) => tags);
    const chosen = chooseCompared({ model, baselines: follower.baselines, series }, view);
    const { baseline, candidate } = chosen;
    follower.follow(baseline && candidate && { baseline: baseline.name, candidate: candidate.tags });
    const { answer, problem } = follower;
    const candidates = chosen.candidates.map((option) => ({ ...option, color: colorOf(option.key) }));
    const shown = candidates.find(({ key }) => key === candidate?.key);
    this.#baseline.show({ ...chosen, model, candidates, candidate: shown, answer, problem });
  }

  #showTable(
    { store, status }: Session,
    { reference }: ViewState,
    { shown, window, hop }: { shown: readonly ColoredVariant[]; window: string; hop: number },
  ): void {
    const columns = shown
      .map((variant) => readColumn(store, variant))
      .filter((column) => column !== undefined);
    if (columns.length === 0 || status === undefined) {
      this.#table.showEmpty(`Waiting for the first window of ${window} with requests.`);
      return;
    }
    this.#table.show({
      columns,
      reference: Math.max(
        0,
        columns.findIndex(({ key }) => key === reference),
      ),
      phases: sortPhases(columns.flatMap(({ phases }) => [...phases.keys()])),
      window,
      hopMs: hop,
      finalBeforeMs: status.nowMs - status.latenessMs,
    });
  }
}

/** The model to show: the chosen one, or else the one with most to compare; undefined: there is none. */
function modelOf({ series, store }: Session, { model }: ViewState): string | undefined {
  const counts = new Map<string, number>();
  for (const { tags } of series) counts.set(tags.model, (counts.get(tags.model) ?? 0) + 1);
  if (model !== '' && (counts.has(model) || store.variants().length > 0)) return model;
  const names = [...counts.keys()].sort();
  return names.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))[0];
}

/** A variant's last window that had requests, with the phases of that window. */
function readColumn(store: Session['store'], variant: ColoredVariant): TableColumn | undefined {
  const requests = store.requests(variant.key).findLast((row) => (readNumber(row, 'requests') ?? 0) > 0);
  if (requests === undefined) return undefined;
  const phases = store.phaseNames(variant.key).flatMap((name) => {
    const row = store.phase(variant.key, name).findLast(({ time }) => time === requests.time);
    return row === undefined ? [] : [[name, row] as const];
  });
  return { ...variant, requests, phases: new Map(phases), gpuUse: store.gpuUse(variant.key) };
}

function showConnection(element: HTMLElement, { connection, lostAtMs }: Session): void {
  const texts = {
    connecting: 'connecting …',
    live: 'live',
    lost: `not connected since ${formatClock(lostAtMs, true)}, trying again`,
    refused: 'token needed',
  };
  element.textContent = texts[connection];
  element.className = connection;
  document.body.classList.toggle('stale', connection === 'lost');
}
