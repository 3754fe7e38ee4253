import type { MeasurementSpec, Unit } from '../../core/catalog/measurement-spec.ts';

type FieldSpec = MeasurementSpec['fields'][string];

/** What nvidia-smi writes where it has no value, bare or in brackets; most are the texts of NVML's return codes. */
const NO_VALUE = new Set(
  [
    '',
    'N/A',
    'ERR!',
    'No data',
    'Not Available',
    'Not Found',
    'Not Supported',
    'Unknown',
    'Unknown Error',
    'Insufficient Permission',
    'Insufficient Permissions',
    'Function Not Found',
    'Invalid Argument',
    'Timeout',
    'Uninitialized',
    'GPU is lost',
    'GPU requires reset',
    'Requested functionality has been deprecated',
  ].map((text) => text.toLowerCase()),
);

/** No text of ours is longer; a value beyond is not what it seems. */
const MAX_TEXT_LENGTH = 256;

/**
 * How a unit of the catalog stands after a number, and the range in which a number is one: what lies outside, such as
 * 4294967295 MHz, is a "not available" that slipped through.
 */
const NOTATIONS: Partial<
  Record<Unit, { readonly suffix: string; readonly least: number; readonly most: number }>
> = {
  '%': { suffix: '%', least: 0, most: 200 },
  MiB: { suffix: 'MiB', least: 0, most: 2 ** 30 },
  MHz: { suffix: 'MHz', least: 0, most: 100_000 },
  Cel: { suffix: 'C', least: -273, most: 1000 },
  W: { suffix: 'W', least: 0, most: 1_000_000 },
  'kB/s': { suffix: 'KB/s', least: 0, most: 2 ** 31 - 1 },
  us: { suffix: 'us', least: 0, most: Number.MAX_SAFE_INTEGER },
  '1': { suffix: 'x', least: 0, most: Number.MAX_SAFE_INTEGER },
};

/** NVML's "not available" of 32 bits, in whatever unit; that of 64 bits lies outside of every range. */
const BLANK = 2 ** 32 - 1;

const WHETHER_ACTIVE: Readonly<Record<string, number>> = { Active: 1, 'Not Active': 0 };

/** A text that says something; undefined for the many ways of saying nothing. */
export function parseText(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_TEXT_LENGTH) return undefined;
  const bare = text.replace(/^\[(.*)\]$/, '$1').trim();
  return NO_VALUE.has(bare.toLowerCase()) ? undefined : text;
}

/** The value as the catalog types the field, without its unit; undefined where it is none of that type and unit. */
export function parseValue(text: string | undefined, { type, unit }: FieldSpec): number | string | undefined {
  if (type === 'string') return parseText(text);
  if (unit === '1' && text !== undefined && Object.hasOwn(WHETHER_ACTIVE, text)) return WHETHER_ACTIVE[text];
  const value = parseNumber(text, unit);
  return type === 'integer' && value !== undefined && !Number.isInteger(value) ? undefined : value;
}

/** `81559 MiB`, `98 %`, `692.88 W`, `16x`, `-8 C`: a number, alone or with its unit. */
export function parseNumber(text: string | undefined, unit: Unit): number | undefined {
  const notation = NOTATIONS[unit];
  const match = /^(-?\d{1,16}(?:\.\d{1,6})?)(?: ?([A-Za-z%/]+))?$/.exec(text ?? '');
  if (notation === undefined || match === null) return undefined;
  const [, digits, suffix] = match;
  if (suffix !== undefined && suffix !== notation.suffix) return undefined;
  const value = Number(digits) + 0; // not -0
  const possible = value !== BLANK && value >= notation.least && value <= notation.most;
  return possible ? value : undefined;
}
