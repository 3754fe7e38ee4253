import { create } from './dom.ts';

type Theme = 'light' | 'dark';

const STORAGE_KEY = 'infermeter.theme';
const root = document.documentElement;

/** The colour that a custom property of the style sheet has now; a canvas cannot read it by itself. */
export function readColor(property: string): string {
  const probe = create('i');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** A button that changes between light and dark. Until it is used the page follows the system. */
export function createThemeToggle(changed: () => void): HTMLElement {
  const button = create('button', { type: 'button', class: 'button', id: 'theme' });
  const label = (): void => {
    const next: Theme = current() === 'dark' ? 'light' : 'dark';
    button.textContent = next === 'dark' ? '☾ dark' : '☀ light';
    button.title = `Change to the ${next} theme`;
  };
  const show = (): void => {
    label();
    changed();
  };
  button.addEventListener('click', () => {
    const next: Theme = current() === 'dark' ? 'light' : 'dark';
    root.dataset['theme'] = next;
    localStorage.setItem(STORAGE_KEY, next);
    show();
  });
  systemIsDark().addEventListener('change', show);
  label();
  return button;
}

/** Applies what was chosen in an earlier visit. */
export function restoreTheme(): void {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === 'light' || stored === 'dark') root.dataset['theme'] = stored;
}

function current(): Theme {
  const chosen = root.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return systemIsDark().matches ? 'dark' : 'light';
}

function systemIsDark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}
