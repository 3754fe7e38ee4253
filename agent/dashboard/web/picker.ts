import type { ColoredVariant } from './chart-grid.ts';
import { create, render } from './dom.ts';
import { RANGES, type ViewState } from './view-state.ts';

export interface PickerContent {
  readonly models: readonly string[];
  /** The model that is shown. */
  readonly model: string;
  readonly windows: readonly string[];
  /** What `auto` means now. */
  readonly autoWindow: string;
  /** All variants of the model, shown or not. */
  readonly variants: readonly ColoredVariant[];
}

export interface PickerActions {
  readonly choose: (change: Partial<ViewState>) => void;
  /** Shows or hides a variant. */
  readonly toggle: (key: string) => void;
}

/** The row of controls: model, variants, window and range. */
export class Picker {
  readonly #element: HTMLElement;
  readonly #actions: PickerActions;

  constructor(element: HTMLElement, actions: PickerActions) {
    this.#element = element;
    this.#actions = actions;
  }

  show(view: ViewState, content: PickerContent): void {
    const windows = ['auto', ...content.windows].map((window) => ({
      value: window,
      label: window === 'auto' ? `auto (${content.autoWindow})` : window,
    }));
    const ranges = Object.keys(RANGES).map((range) => ({ value: range, label: range }));
    render(
      this.#element,
      this.#createModels(content),
      this.#createVariants(view, content.variants),
      this.#createChoice('window', 'Window', view.window, windows),
      this.#createChoice('range', 'Range', view.range, ranges),
    );
  }

  #createModels({ models, model }: PickerContent): HTMLElement {
    const options = models.map((name) => create('option', { value: name, selected: name === model }, name));
    const select = create('select', { id: 'model' }, ...options);
    select.addEventListener('change', () =>
      this.#actions.choose({ model: select.value, hidden: [], reference: '', baseline: '', candidate: '' }),
    );
    return create('label', { class: 'field' }, create('span', {}, 'Model'), select);
  }

  #createVariants({ hidden }: ViewState, variants: readonly ColoredVariant[]): HTMLElement {
    const chips = variants.map(({ key, label, color }) => {
      const isShown = !hidden.includes(key);
      const swatch = create('i', { class: `swatch ${color.slice(2)}` });
      const click = (): void => this.#actions.toggle(key);
      const id = `variant-${encodeURIComponent(key)}`;
      return create(
        'button',
        { type: 'button', class: 'chip', id, 'aria-pressed': String(isShown), click },
        swatch,
        label,
      );
    });
    return createGroup('Variants', 'chips', chips);
  }

  #createChoice(
    name: 'window' | 'range',
    label: string,
    chosen: string,
    options: readonly { readonly value: string; readonly label: string }[],
  ): HTMLElement {
    const buttons = options.map((option) => {
      const click = (): void => this.#actions.choose({ [name]: option.value });
      const pressed = String(option.value === chosen);
      const id = `${name}-${option.value}`;
      return create('button', { type: 'button', id, 'aria-pressed': pressed, click }, option.label);
    });
    return createGroup(label, 'segments', buttons);
  }
}

function createGroup(label: string, style: string, buttons: readonly HTMLElement[]): HTMLElement {
  const group = create('div', { class: style, role: 'group', 'aria-label': label }, ...buttons);
  return create('div', { class: 'field' }, create('span', { 'aria-hidden': 'true' }, label), group);
}
