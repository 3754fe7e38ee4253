/** What the user looks at. It lives in the address after `#`, so that a view can be kept and shared. */
export interface ViewState {
  /** Empty: the page chooses. */
  readonly model: string;
  /** `auto`: chosen by the range. */
  readonly window: string;
  readonly range: RangeName;
  /** Key of the variant that others are compared with; empty: the first. */
  readonly reference: string;
  /** Name of the baseline to compare with; empty: the page chooses. So with the key of the candidate. */
  readonly baseline: string;
  readonly candidate: string;
  /** Keys of variants that are not shown. */
  readonly hidden: readonly string[];
}

export const RANGES = {
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
} as const;
export type RangeName = keyof typeof RANGES;

export const INITIAL_VIEW: ViewState = {
  model: '',
  window: 'auto',
  range: '15m',
  reference: '',
  baseline: '',
  candidate: '',
  hidden: [],
};

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a canonical window (`10s`, `1m`); 0 for anything else. */
export function parseWindowMs(window: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(window);
  return match === null ? 0 : Number(match[1]) * UNIT_MS[match[2]];
}

/** The window that suits a range: the shortest that is at least a sixtieth of it, or else the longest there is. */
export function chooseWindow(range: RangeName, windows: readonly string[]): string {
  const ascending = windows.toSorted((a, b) => parseWindowMs(a) - parseWindowMs(b));
  const leastMs = RANGES[range] / 60;
  return ascending.find((window) => parseWindowMs(window) >= leastMs) ?? ascending.at(-1) ?? '';
}

/** However young an agent is, its charts show this much time. */
const LEAST_SHOWN_MS = 60_000;

/** Where the charts begin: with the range, or with what there is, where neither the agent nor its points are as old. */
export function chartStartMs(
  { nowMs, startedMs, firstRowMs }: { nowMs: number; startedMs: number; firstRowMs: number },
  rangeMs: number,
): number {
  const begunMs = Math.min(startedMs, firstRowMs, nowMs - LEAST_SHOWN_MS);
  return Math.max(begunMs, nowMs - rangeMs);
}

/** How far apart the ends of a window are: a sixth of it, in whole intervals. */
export function hopMs(windowMs: number, intervalMs: number): number {
  return Math.max(1, Math.ceil(windowMs / 6 / intervalMs)) * intervalMs;
}

export function parseView(hash: string): ViewState {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const range = parameters.get('range') ?? '';
  return {
    model: parameters.get('model') ?? '',
    window: parameters.get('window') ?? 'auto',
    range: isRange(range) ? range : INITIAL_VIEW.range,
    reference: parameters.get('reference') ?? '',
    baseline: parameters.get('baseline') ?? '',
    candidate: parameters.get('candidate') ?? '',
    hidden: parameters.getAll('hide'),
  };
}

/** The inverse of `parseView`; what is as at the start is left out. */
export function encodeView(view: ViewState): string {
  const parameters = new URLSearchParams();
  for (const name of ['model', 'window', 'range', 'reference', 'baseline', 'candidate'] as const) {
    if (view[name] !== INITIAL_VIEW[name]) parameters.set(name, view[name]);
  }
  for (const key of view.hidden) parameters.append('hide', key);
  return parameters.toString();
}

function isRange(text: string): text is RangeName {
  return Object.hasOwn(RANGES, text);
}
