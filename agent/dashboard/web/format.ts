const MISSING = '–';
const MINUS = '−';

/** A unit in which a set of figures reads well: value × factor, with so many decimals, then the unit. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
  readonly decimals: number;
}

/** The scale for durations in seconds that are read side by side: chosen by the largest, fine enough for the least. */
export function scaleSeconds(values: readonly number[]): Scale {
  const max = Math.max(0, ...values);
  const [factor, unit] = max >= 1 ? [1, 's'] : max >= 0.001 || max === 0 ? [1e3, 'ms'] : [1e6, 'µs'];
  const least = Math.min(...values.filter((value) => value > 0)) * factor;
  return { factor, unit, decimals: least < 10 ? 2 : least < 100 ? 1 : 0 };
}

export function formatScaled(value: number | undefined, { factor, unit, decimals }: Scale): string {
  return value === undefined ? MISSING : `${(value * factor).toFixed(decimals)} ${unit}`;
}

/** A duration by itself, to three digits: `842 µs`, `12.5 ms`, `3.10 s`. */
export function formatSeconds(value: number | undefined): string {
  return formatScaled(value, scaleSeconds(value === undefined ? [] : [value]));
}

/** A plain number to three digits or more, with thousands apart: `0.25`, `12.5`, `1 234`. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return MISSING;
  const size = Math.abs(value);
  if (size >= 1000) return group(Math.round(value));
  const decimals = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(decimals);
}

/** A rate a second. */
export function formatRate(value: number | undefined): string {
  return value === undefined ? MISSING : `${formatNumber(value)} /s`;
}

/** A share as percent. */
export function formatPercent(ratio: number | undefined): string {
  if (ratio === undefined) return MISSING;
  const percent = ratio * 100;
  const decimals = percent === 0 || percent === 100 || percent >= 10 ? 0 : percent >= 1 ? 1 : 2;
  return `${percent.toFixed(decimals)} %`;
}

/** A change with its sign: `−43 %`, `+8 %`, from twice on `×2.4`. */
export function formatChange(ratio: number): string {
  if (ratio >= 2) return `×${ratio.toFixed(ratio >= 10 ? 0 : 1)}`;
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return '±0 %';
  return percent < 0 ? `${MINUS}${-percent} %` : `+${percent} %`;
}

/** A difference of two shares, in percentage points. */
export function formatPoints(difference: number): string {
  const points = difference * 100;
  const text = Math.abs(points) >= 10 ? Math.abs(points).toFixed(0) : Math.abs(points).toFixed(1);
  return Number(text) === 0 ? '±0 pp' : `${points < 0 ? MINUS : '+'}${text} pp`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return MISSING;
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${formatNumber(bytes / 1024 ** power)} ${BYTE_UNITS[power]}`;
}

/** Energy to three digits: `2.10 mJ`, `0.85 J`, `1.20 kJ`. */
export function formatJoules(joules: number | undefined): string {
  if (joules === undefined) return MISSING;
  if (joules >= 1000) return `${(joules / 1000).toPrecision(3)} kJ`;
  return joules >= 0.1 || joules === 0
    ? `${joules.toPrecision(3)} J`
    : `${(joules * 1000).toPrecision(3)} mJ`;
}

export function formatWatts(watts: number | undefined): string {
  return watts === undefined ? MISSING : `${formatNumber(watts)} W`;
}

const SPANS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** How long something lasts or lasted, to one unit: `12 s`, `3 min`, `5 h`. */
export function formatSpan(durationMs: number): string {
  const [unit, ms] = SPANS.find(([, size]) => durationMs >= size) ?? ['s', 1000];
  return `${Math.round(Math.max(0, durationMs) / ms)} ${unit}`;
}

/** Local time of day. */
export function formatClock(unixMs: number, withSeconds: boolean): string {
  const date = new Date(unixMs);
  const parts = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Thousands apart by a narrow space that does not break. */
function group(integer: number): string {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}
