/**
 * From what the driver says to what the catalog wants. A value outside of what a GPU can be is none: sentinels
 * and garbage end here.
 */
export type Convert<T extends number | string> = (raw: number) => T | undefined;

const BYTES_PER_MIB = 1_048_576;
const MOST_BYTES = 2 ** 50;
const MOST_MILLIWATTS = 100_000_000;
const MOST_COUNTED = Number.MAX_SAFE_INTEGER;

export const percent = within(0, 100);
export const celsius = within(-100, 300);
export const megahertz = within(0, 100_000);
export const count = within(0, MOST_COUNTED);
export const pcieGeneration = within(1, 15);
export const pcieWidth = within(1, 64);

export const watts: Convert<number> = (raw) => (raw >= 0 && raw <= MOST_MILLIWATTS ? raw / 1000 : undefined);
export const mib: Convert<number> = (raw) => mibOf(raw, Math.floor);
/** As nvidia-smi rounds what is used and free of the GPU's memory: their sum may be 1 MiB above the whole. */
export const mibRoundedUp: Convert<number> = (raw) => mibOf(raw, Math.ceil);
export const microsecondsOfNanoseconds: Convert<number> = (raw) =>
  raw >= 0 && raw <= MOST_COUNTED ? Math.floor(raw / 1000) : undefined;

export const enabled = oneOf(['Disabled', 'Enabled']);
export const yesNo = oneOf(['No', 'Yes']);
export const computeMode = oneOf(['Default', 'Exclusive_Thread', 'Prohibited', 'Exclusive_Process']);
export const performanceState: Convert<string> = (raw) => (raw >= 0 && raw <= 15 ? `P${raw}` : undefined);

/** As nvidia-smi writes them; nvml.h numbers them from 2. */
export const architecture = oneOf([
  '',
  '',
  'Kepler',
  'Maxwell',
  'Pascal',
  'Volta',
  'Turing',
  'Ampere',
  'Ada Lovelace',
  'Hopper',
  'Blackwell',
]);

/** 1 where the bit is set, of the mask of clock event reasons. */
export function bit(mask: number): Convert<number> {
  return (raw) => ((raw & mask) === 0 ? 0 : 1);
}

function mibOf(bytes: number, round: (value: number) => number): number | undefined {
  return bytes >= 0 && bytes <= MOST_BYTES ? round(bytes / BYTES_PER_MIB) : undefined;
}

function within(least: number, greatest: number): Convert<number> {
  return (raw) => (raw >= least && raw <= greatest ? raw : undefined);
}

function oneOf(names: readonly string[]): Convert<string> {
  return (raw) => names[raw] || undefined;
}
