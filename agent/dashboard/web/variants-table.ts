import { type Caveat, caveatsOf } from './caveats.ts';
import {
  type Cell,
  type Change,
  type ComparedVariant,
  type ComparisonGroup,
  compareVariants,
  headlineOf,
} from './comparison.ts';
import { create, render } from './dom.ts';
import { formatClock } from './format.ts';

export interface TableColumn extends ComparedVariant {
  /** CSS custom property. */
  readonly color: string;
}

export interface TableContent {
  readonly columns: readonly TableColumn[];
  /** Index of the column that the others are compared with. */
  readonly reference: number;
  readonly phases: readonly string[];
  readonly window: string;
  readonly hopMs: number;
  /** Windows that end later may still change, Unix ms. */
  readonly finalBeforeMs: number;
}

const MINUS = '−';

/** The variants of a model side by side: one column each, and how each differs from the reference. */
export class VariantsTable {
  readonly #element: HTMLElement;
  readonly #chooseReference: (key: string) => void;

  constructor(element: HTMLElement, chooseReference: (key: string) => void) {
    this.#element = element;
    this.#chooseReference = chooseReference;
  }

  show(content: TableContent): void {
    const groups = compareVariants(content.columns, content.reference, content.phases);
    const table = create(
      'table',
      {},
      this.#createHead(content),
      ...groups.map((group) => createGroup(group, content.reference)),
    );
    render(
      this.#element,
      create('p', { class: 'caption' }, captionOf(content)),
      create(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Variants side by side' },
        table,
      ),
    );
  }

  showEmpty(text: string): void {
    render(this.#element, create('p', { class: 'empty' }, text));
  }

  #createHead(content: TableContent): HTMLElement {
    const corner = create(
      'th',
      { scope: 'col', class: 'metric' },
      create('span', { class: 'unseen' }, 'Figure'),
    );
    const heads = content.columns.map((column, index) => this.#createColumnHead(column, index, content));
    return create('thead', {}, create('tr', {}, corner, ...heads));
  }

  #createColumnHead(column: TableColumn, index: number, content: TableContent): HTMLElement {
    const isReference = index === content.reference;
    const name = create(
      'span',
      { class: 'variant' },
      create('i', { class: `swatch ${column.color.slice(2)}` }),
      column.label,
    );
    const below = isReference ? create('span', { class: 'role' }, 'reference') : this.#createChooser(column);
    const badges = caveatsOf(column, contextOf(content)).map(createBadge);
    return create('th', { scope: 'col' }, name, createHeadline(column, content), below, ...badges);
  }

  #createChooser({ key, label }: TableColumn): HTMLElement {
    const click = (): void => this.#chooseReference(key);
    const title = `Compare the others with ${label}`;
    return create(
      'button',
      { type: 'button', class: 'role', id: `reference-${encodeURIComponent(key)}`, title, click },
      'set as reference',
    );
  }
}

function contextOf({ columns, reference, hopMs }: TableContent): Parameters<typeof caveatsOf>[1] {
  const newestMs = Math.max(...columns.map(({ requests }) => requests.time));
  return { reference: columns[reference], newestMs, hopMs };
}

function captionOf({ columns, window, finalBeforeMs }: TableContent): string {
  const newestMs = Math.max(...columns.map(({ requests }) => requests.time));
  const state = newestMs > finalBeforeMs ? ' · may still change' : '';
  return `${window} up to ${formatClock(newestMs, true)}${state}`;
}

/** What one came for, in the largest letters of the page. */
function createHeadline(column: TableColumn, { columns, reference }: TableContent): HTMLElement {
  const headline = headlineOf(column, columns[reference]);
  if (headline === undefined) return create('span', { class: 'headline neutral' }, '–');
  const { text, tone, of } = headline;
  const title =
    column === columns[reference] ? `${of} latency` : `${of} latency against ${columns[reference].label}`;
  return create('span', { class: `headline ${tone}`, title }, text, create('small', {}, ` ${of}`));
}

function createBadge({ text, help }: Caveat): HTMLElement {
  return create('span', { class: 'badge', title: help }, text);
}

function createGroup({ title, rows }: ComparisonGroup, reference: number): HTMLElement {
  const width = String((rows[0]?.cells.length ?? 0) + 1);
  const head = create('tr', { class: 'group' }, create('th', { colspan: width, scope: 'rowgroup' }, title));
  const body = rows.map(({ label, help, cells }) => {
    const name = create('th', { scope: 'row', class: 'metric', title: help }, label);
    return create('tr', {}, name, ...cells.map((cell, index) => createCell(cell, index === reference)));
  });
  return create('tbody', {}, head, ...body);
}

/** Which way a figure went that is good or bad. */
function arrowOf({ tone, text }: Change): string {
  if (tone === 'neutral') return '';
  if (tone === 'same') return '≈';
  return text.startsWith(MINUS) ? '▼' : '▲';
}

/** The change has its place in every column but the reference's, so that figures stand below each other. */
function createCell({ text, change }: Cell, isReference: boolean): HTMLElement {
  const value = create('span', { class: 'value' }, text);
  if (isReference) return create('td', {}, value);
  if (change === undefined) return create('td', {}, value, create('span', { class: 'change' }));
  const arrow = create('span', { class: 'arrow', 'aria-hidden': 'true' }, arrowOf(change));
  return create('td', {}, value, create('span', { class: `change ${change.tone}` }, arrow, change.text));
}
