const NS_OF_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  // MICRO SIGN, which Rust writes, and GREEK SMALL LETTER MU, which looks the same.
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
]);
const DURATION = /^(\d{1,9}(?:\.\d{1,12})?)(ns|us|\u00b5s|\u03bcs|ms|s)$/;

/** Nanoseconds, rounded, of a duration as Rust's `Debug` writes it (`1.23s`, `45.6ms`, `789.1µs`, `12ns`); else NaN. */
export function rustDurationNs(text: string): number {
  const [, number, unit] = DURATION.exec(text) ?? [];
  const unitNs = NS_OF_UNIT.get(unit ?? '');
  return unitNs === undefined ? Number.NaN : Math.round(Number(number) * unitNs);
}
