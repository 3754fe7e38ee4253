import type {
  BaselineAnswer,
  CompareAnswer,
  ComparedFigureAnswer,
  ComparedSideAnswer,
} from './api-answers.ts';
import { createDensityPlot } from './density-plot.ts';
import { create, render } from './dom.ts';
import { formatNumber, formatPercent, formatRate, formatSpan } from './format.ts';
import {
  figureName,
  figureVerdict,
  formatBounds,
  formatFigure,
  formatRatio,
  VERDICT_WORDS,
} from './verdict-words.ts';
import type { ViewState } from './view-state.ts';

/** A series that may be compared with a baseline. */
interface CandidateOption {
  readonly key: string;
  readonly label: string;
  /** CSS custom property. */
  readonly color: string;
}

export interface BaselineContent {
  readonly model: string;
  /** Of the model; undefined: not known yet. */
  readonly baselines: readonly BaselineAnswer[] | undefined;
  readonly baseline: BaselineAnswer | undefined;
  readonly candidates: readonly CandidateOption[];
  readonly candidate: CandidateOption | undefined;
  readonly answer: CompareAnswer | undefined;
  readonly problem: string;
}

type Choose = (change: Partial<ViewState>) => void;

/** A series beside a kept baseline: the verdict in words, both distributions, and each figure with its interval. */
export class BaselinePanel {
  readonly #element: HTMLElement;
  readonly #choose: Choose;

  constructor(element: HTMLElement, choose: Choose) {
    this.#element = element;
    this.#choose = choose;
  }

  show(content: BaselineContent): void {
    const { baselines, baseline, candidate, answer, problem } = content;
    const title = create('h3', {}, 'Compared with a baseline');
    if (baselines === undefined) {
      render(this.#element, title, create('p', { class: 'caption' }, problem || 'Asking …'));
      return;
    }
    if (baseline === undefined) {
      render(this.#element, title, ...createInvitation(content));
      return;
    }
    const head = create(
      'div',
      { class: 'pickers' },
      title,
      this.#createBaselines(content),
      this.#createCandidates(content),
    );
    if (answer === undefined || candidate === undefined) {
      const text =
        problem ||
        (candidate === undefined ? 'No series of this model and operation runs now.' : 'Comparing …');
      render(this.#element, head, create('p', { class: 'caption' }, text));
      return;
    }
    render(this.#element, head, createVerdict(answer), createBody(answer, candidate));
  }

  #createBaselines({ baselines = [], baseline }: BaselineContent): HTMLElement {
    const options = baselines.map(({ name, series }) => {
      const selected = name === baseline?.name;
      return create('option', { value: name, selected }, `${name} (${series.variant})`);
    });
    const select = create('select', { id: 'baseline-name' }, ...options);
    select.addEventListener('change', () => this.#choose({ baseline: select.value, candidate: '' }));
    return create('label', { class: 'field' }, create('span', {}, 'Baseline'), select);
  }

  #createCandidates({ candidates, candidate }: BaselineContent): HTMLElement {
    const options = candidates.map(({ key, label }) =>
      create('option', { value: key, selected: key === candidate?.key }, label),
    );
    const select = create('select', { id: 'candidate' }, ...options);
    select.addEventListener('change', () => this.#choose({ candidate: select.value }));
    return create('label', { class: 'field' }, create('span', {}, 'Now'), select);
  }
}

function createInvitation({ model, candidates }: BaselineContent): HTMLElement[] {
  const [first] = candidates;
  const variant = first === undefined ? 'VARIANT' : (first.label.split(' · ', 1)[0] ?? 'VARIANT');
  const isDefault = /^(127\.0\.0\.1|localhost):9865$/.test(location.host);
  const where = isDefault ? '' : ` --status-url ${location.origin}`;
  const command = `infermeter baseline save ${shellWord(variant)} --model ${shellWord(model)} --variant ${shellWord(variant)}${where}`;
  const lead = `No baseline of ${model} yet. One keeps what a variant does now, to compare later ones with:`;
  return [create('p', { class: 'caption' }, lead), create('pre', { tabindex: '0' }, command)];
}

function createVerdict({ comparison }: CompareAnswer): HTMLElement {
  const { title, tone } = VERDICT_WORDS[comparison.verdict];
  return create(
    'div',
    { class: 'verdict' },
    create('strong', { class: `said-over-all ${tone}` }, title),
    create('p', {}, comparison.reason),
  );
}

function createBody(answer: CompareAnswer, { color }: CandidateOption): HTMLElement {
  const { comparison, densities } = answer;
  const picture =
    densities === undefined
      ? create('p', { class: 'caption' }, 'One side has no successful requests.')
      : create(
          'figure',
          {},
          createDensityPlot(densities, comparison, color),
          createLegend(comparison, color),
        );
  return create('div', { class: 'compared' }, picture, createTable(comparison));
}

function createLegend({ baseline, candidate }: CompareAnswer['comparison'], color: string): HTMLElement {
  const side = (name: string, swatch: string, said: ComparedSideAnswer): HTMLElement => {
    const errors = said.errorRatio === undefined ? '' : `, ${formatPercent(said.errorRatio)} errors`;
    const load = `${formatNumber(said.requests)} requests in ${formatSpan(said.watchedMs)}, ${formatRate(said.requestRate)}`;
    return create('li', {}, create('i', { class: `swatch ${swatch}` }), `${name}: ${load}${errors}`);
  };
  return create(
    'ul',
    { class: 'legend' },
    side(`baseline ${baseline.series.variant}`, 'muted', baseline),
    side(`${candidate.series.variant} now`, color.slice(2), candidate),
  );
}

function createTable({ metrics, confidence }: CompareAnswer['comparison']): HTMLElement {
  const titles = ['baseline', 'now', 'ratio', `${Math.round(confidence * 100)} % interval`, ''];
  const corner = create(
    'th',
    { scope: 'col', class: 'metric' },
    create('span', { class: 'unseen' }, 'Figure'),
  );
  const head = create('tr', {}, corner, ...titles.map((title) => create('th', { scope: 'col' }, title)));
  const rows = metrics.filter(({ metric }) => metric !== 'phase_p50').map(createRow);
  const table = create('table', {}, create('thead', {}, head), create('tbody', {}, ...rows));
  return create(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Figures of both sides' },
    table,
  );
}

function createRow(figure: ComparedFigureAnswer): HTMLElement {
  const { unit, baseline, candidate, ratio, verdict, reason } = figure;
  const tone = verdict === 'faster' ? 'better' : verdict === 'slower' ? 'worse' : 'neutral';
  return create(
    'tr',
    {},
    create('th', { scope: 'row', class: 'metric' }, figureName(figure)),
    create('td', {}, formatFigure(baseline, unit)),
    create('td', {}, formatFigure(candidate, unit)),
    create('td', {}, formatRatio(ratio)),
    create('td', {}, formatBounds(figure)),
    create('td', { class: `said ${tone}`, title: reason }, figureVerdict(figure)),
  );
}

/** As a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
