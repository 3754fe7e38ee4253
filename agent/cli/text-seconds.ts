const UNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
] as const;

/** A duration with three digits in the unit that suits it; empty where it is not known. */
export function formatSeconds(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  if (seconds === 0) return '0';
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? UNITS[UNITS.length - 1];
  return `${Number((seconds / size).toPrecision(3))} ${unit}`;
}
