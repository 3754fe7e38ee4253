import { create } from './dom.ts';

const STORAGE_KEY = 'infermeter.token';

/** Asks for the token and keeps it as long as the tab lives; it never stands in an address. */
export class LoginForm {
  readonly #element: HTMLElement;
  readonly #input = create('input', { id: 'token', type: 'password', autocomplete: 'off', required: true });
  readonly #message = create('p', { role: 'status' });
  #hasFailed = false;

  constructor(element: HTMLElement, entered: () => void) {
    this.#element = element;
    const label = create('label', { for: 'token' }, 'Token');
    const submit = create('button', { type: 'submit', class: 'button' }, 'Show');
    const form = create('form', {}, label, this.#input, submit);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      sessionStorage.setItem(STORAGE_KEY, this.#input.value.trim());
      this.#hasFailed = true;
      entered();
    });
    const lead =
      'This agent shows its figures to holders of a token: one of those in the file of listen.http.token_file.';
    element.append(create('h2', {}, 'Token needed'), create('p', {}, lead), form, this.#message);
  }

  static get token(): string | undefined {
    return sessionStorage.getItem(STORAGE_KEY) ?? undefined;
  }

  show(): void {
    this.#message.textContent = this.#hasFailed ? 'The agent does not know this token.' : '';
    this.#element.hidden = false;
    this.#input.focus();
  }

  hide(): void {
    this.#element.hidden = true;
    this.#hasFailed = false;
  }
}
