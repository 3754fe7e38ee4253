import { MalformedBatch } from '../malformed-batch.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const UNSIGNED = /^\d{1,20}$/;
const INTEGER = /^-?\d{1,20}$/;
const HEX = /^[\da-f]*$/i;
const TWO_POW_64 = 1n << 64n;
const DOUBLE_NAMES: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** Fields of OTLP's JSON (OTLP 1, "JSON Protobuf Encoding"). Absent and null are the default; all throw `MalformedBatch`. */

export function objectOf(value: unknown, name: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new MalformedBatch(`${name} is no object`);
  return value as JsonObject;
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedBatch(`${name} is no array`);
  return value;
}

export function stringOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MalformedBatch(`${name} is no string`);
  return value;
}

/** 64 bits without a sign, as a string or a number. */
export function unsignedOf(value: unknown, name: string): bigint {
  if (value === undefined || value === null) return 0n;
  const isInteger = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  if (!isInteger && !(typeof value === 'string' && UNSIGNED.test(value))) {
    throw new MalformedBatch(`${name} is no unsigned integer`);
  }
  const integer = BigInt(value as string | number);
  if (integer >= TWO_POW_64) throw new MalformedBatch(`${name} has more than 64 bits`);
  return integer;
}

/** 64 bits with a sign, as a string or a number; exact up to 2^53. */
export function integerOf(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  if (typeof value === 'string' && INTEGER.test(value)) return Number(value);
  throw new MalformedBatch(`${name} is no integer`);
}

export function doubleOf(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') {
    if (Object.hasOwn(DOUBLE_NAMES, value)) return DOUBLE_NAMES[value];
    if (value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  }
  throw new MalformedBatch(`${name} is no number`);
}

/** An enum as its number or its name; `unknown` for a name that does not exist. */
export function enumOf(value: unknown, names: readonly string[], unknown: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'string') return names.includes(value) ? names.indexOf(value) : unknown;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : unknown;
}

/** An id in hexadecimal digits, to big-endian words; one of another length is none, which is all zeros. */
export function readHexId(value: unknown, words: Uint32Array, name: string): void {
  const text = stringOf(value, name);
  if (!HEX.test(text)) throw new MalformedBatch(`${name} is not hexadecimal`);
  const isWhole = text.length === words.byteLength * 2;
  for (let k = 0; k < words.length; k++) {
    words[k] = isWhole ? Number.parseInt(text.slice(k * 8, k * 8 + 8), 16) : 0;
  }
}
