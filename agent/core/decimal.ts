/**
 * Numbers as ASCII digits, written straight into bytes. Hot: two digits a store, and several times cheaper than
 * `String(value)` and an encoder (test/bench/line-protocol.ts). Each function writes at `at`, returns where the
 * text ended, and trusts the caller to have made room for `MAX_DECIMAL_BYTES`.
 */
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BILLION = 1e9;
const SIGNIFICANT_DIGITS = 10;
/** What a fraction counts up to: ten digits. */
const FRACTION_END = 10 ** SIGNIFICANT_DIGITS;
/** Smaller and larger ones go the slow way, through `String`. */
const SMALLEST_FIXED = 1e-7;
/** `POWERS[n]` = 10^n, exact up to 10^22. */
const POWERS = Float64Array.from({ length: 18 }, (_, exponent) => 10 ** exponent);
/** The two digits of n, the first in the low byte: for little-endian stores. */
const DIGIT_PAIRS = Uint16Array.from(
  { length: 100 },
  (_, n) => (ZERO + Math.floor(n / 10)) | ((ZERO + (n % 10)) << 8),
);

/** Room for `-1.7976931348623157e+308`, and for digits that are trimmed again. */
export const MAX_DECIMAL_BYTES = 24;

/** An integer of int64's range, exact. */
export function writeInteger(view: DataView, at: number, value: number): number {
  let end = at;
  let rest = value;
  if (rest < 0) {
    view.setUint8(end++, MINUS);
    rest = -rest;
  }
  if (rest < BILLION) return writeDigits(view, end, rest, digitCount(rest));
  if (rest > Number.MAX_SAFE_INTEGER) return writeAscii(view, end, String(BigInt(rest)));
  const high = Math.floor(rest / BILLION);
  end = writeDigits(view, end, high, digitCount(high));
  return writeDigits(view, end, rest - high * BILLION, 9);
}

/**
 * A finite number in ten significant digits, trailing zeros cut: it reads back within 5e-10 of the value, and
 * exactly if it is an integer.
 */
export function writeFloat(view: DataView, at: number, value: number): number {
  if (Number.isSafeInteger(value)) return writeInteger(view, at, value);
  let end = at;
  let magnitude = value;
  if (magnitude < 0) {
    view.setUint8(end++, MINUS);
    magnitude = -magnitude;
  }
  if (magnitude >= BILLION || magnitude < SMALLEST_FIXED) return writeAscii(view, end, String(magnitude));
  return magnitude < 1 ? writeFraction(view, end, magnitude) : writeMixed(view, end, magnitude);
}

/** 10^-7 ≤ value < 1: leading zeros, then ten digits. */
function writeFraction(view: DataView, at: number, value: number): number {
  let places = SIGNIFICANT_DIGITS;
  while (value * POWERS[places] < BILLION) places += 1;
  const digits = Math.round(value * POWERS[places]);
  // Rounded up to the next power of ten.
  if (digits === FRACTION_END) return writeAscii(view, at, String(1 / POWERS[places - SIGNIFICANT_DIGITS]));
  view.setUint8(at, ZERO);
  view.setUint8(at + 1, POINT);
  let end = at + 2;
  for (let zeros = places - SIGNIFICANT_DIGITS; zeros > 0; zeros--) view.setUint8(end++, ZERO);
  writeTenDigits(view, end, digits);
  return trimZeros(view, end + SIGNIFICANT_DIGITS);
}

/** 1 ≤ value < 10^9, not an integer. */
function writeMixed(view: DataView, at: number, value: number): number {
  const whole = value | 0;
  const wholeDigits = digitCount(whole);
  const places = SIGNIFICANT_DIGITS - wholeDigits;
  const fraction = Math.round((value - whole) * POWERS[places]);
  if (fraction === POWERS[places]) return writeInteger(view, at, whole + 1);
  const end = writeDigits(view, at, whole, wholeDigits);
  if (fraction === 0) return end;
  view.setUint8(end, POINT);
  writeTenDigits(view, end + 1, fraction * POWERS[wholeDigits]);
  return trimZeros(view, end + 1 + places);
}

/** An integer below 10^10, which 31 bits do not hold: in two parts, with leading zeros. */
function writeTenDigits(view: DataView, at: number, digits: number): void {
  const high = (digits / 1e6) | 0;
  const low = (digits - high * 1e6) | 0;
  const highest = (high / 100) | 0;
  const lowest = (low / 100) | 0;
  const middle = (lowest / 100) | 0;
  view.setUint16(at, DIGIT_PAIRS[highest], true);
  view.setUint16(at + 2, DIGIT_PAIRS[high - highest * 100], true);
  view.setUint16(at + 4, DIGIT_PAIRS[middle], true);
  view.setUint16(at + 6, DIGIT_PAIRS[lowest - middle * 100], true);
  view.setUint16(at + 8, DIGIT_PAIRS[low - lowest * 100], true);
}

/** Exactly `count` digits, with leading zeros, of an integer below 2^31. */
function writeDigits(view: DataView, at: number, value: number, count: number): number {
  let rest = value | 0;
  let i = at + count - 2;
  for (; i >= at; i -= 2) {
    const next = (rest / 100) | 0;
    view.setUint16(i, DIGIT_PAIRS[rest - next * 100], true);
    rest = next;
  }
  if (i === at - 1) view.setUint8(at, ZERO + rest);
  return at + count;
}

/** Digits of an integer from 0 to 2^31. */
function digitCount(value: number): number {
  let count = 1;
  while (value >= POWERS[count]) count += 1;
  return count;
}

function trimZeros(view: DataView, end: number): number {
  let trimmed = end;
  while (view.getUint8(trimmed - 1) === ZERO) trimmed -= 1;
  return trimmed;
}

function writeAscii(view: DataView, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}
