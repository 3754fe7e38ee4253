import { ApiClient } from './api-client.ts';
import { BaselineFollower } from './baseline-follower.ts';
import { find } from './dom.ts';
import { LoginForm } from './login-form.ts';
import { PageLayout } from './page-layout.ts';
import { Session } from './session.ts';
import { createThemeToggle } from './theme.ts';
import { encodeView, parseView, type ViewState } from './view-state.ts';

let view = parseView(location.hash);
let isDrawing = false;

const api = new ApiClient({ fetch: (...request) => fetch(...request), token: () => LoginForm.token });
const session = new Session({ api, changed: draw, sleep, nowMs: () => Date.now() });
const follower = new BaselineFollower({ api, changed: draw, sleep });
const login = new LoginForm(find('login'), run);
const layout = new PageLayout({ choose, toggle });

find('tools').append(createThemeToggle(() => layout.recolor()));
addEventListener('hashchange', () => {
  view = parseView(location.hash);
  draw();
});
run();

function run(): void {
  void session.run();
  void follower.run();
}

function choose(change: Partial<ViewState>): void {
  view = { ...view, ...change };
  history.replaceState(undefined, '', `#${encodeView(view)}`);
  draw();
}

function toggle(key: string): void {
  const isHidden = view.hidden.includes(key);
  choose({ hidden: isHidden ? view.hidden.filter((one) => one !== key) : [...view.hidden, key] });
}

/** Once a frame, however much changed. */
function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (session.connection === 'refused') login.show();
    else if (session.status !== undefined) login.hide();
    layout.show(session, follower, view);
  });
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
