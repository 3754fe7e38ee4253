type Child = Node | string | undefined;

/** Attributes by name; a function is a listener of that event, `false` and undefined leave the attribute out. */
type Attributes = Readonly<Record<string, string | boolean | undefined | ((event: Event) => void)>>;

/** Makes an element. Text is always text, never markup: names of models come from outside. */
export function create<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element of the document with this id. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`bug: the page has no #${id}`);
  return element;
}

/**
 * Replaces an element's children, unless they would look the same. Whoever had the focus keeps it if it has an id.
 * Listeners of children must not depend on what does not show.
 */
export function render(parent: Element, ...children: readonly Child[]): void {
  const fresh = document.createElement(parent.tagName);
  fresh.append(...children.filter((child) => child !== undefined));
  if (fresh.innerHTML === parent.innerHTML) return;
  const focused = document.activeElement;
  const focusedId = focused !== null && parent.contains(focused) ? focused.id : '';
  parent.replaceChildren(...fresh.childNodes);
  if (focusedId !== '') document.getElementById(focusedId)?.focus({ preventScroll: true });
}
