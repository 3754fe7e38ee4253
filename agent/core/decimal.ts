/**
 * Numbers as ASCII digits, written straight into bytes. Hot, and 3 to 5 times cheaper than `String(value)`
 * and an encoder: see test/bench/line-protocol.ts. Each function writes at `at`, returns where it ended, and
 * trusts the caller to have made room for `MAX_DECIMAL_BYTES`.
 */
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BILLION = 1e9;
const SIGNIFICANT_DIGITS = 10;
/** Smaller and larger ones go the slow way, through `String`. */
const SMALLEST_FIXED = 1e-7;
/** `POWERS[n]` = 10^n, exact up to 10^22. */
const POWERS = Float64Array.from({ length: 18 }, (_, exponent) => 10 ** exponent);
/** The two digits of n at 2n and 2n + 1: half the divisions. */
const DIGIT_PAIRS = Uint8Array.from(
  { length: 200 },
  (_, i) => ZERO + (i % 2 === 0 ? (i / 20) | 0 : (i >> 1) % 10),
);

/** Room for `-1.7976931348623157e+308`. */
export const MAX_DECIMAL_BYTES = 24;

/** An integer of magnitude up to 2^53. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  let end = at;
  let rest = value;
  if (rest < 0) {
    bytes[end++] = MINUS;
    rest = -rest;
  }
  if (rest < BILLION) return writeDigits(bytes, end, rest, digitCount(rest));
  const high = Math.floor(rest / BILLION);
  end = writeDigits(bytes, end, high, digitCount(high));
  return writeDigits(bytes, end, rest - high * BILLION, 9);
}

/**
 * A finite number in ten significant digits, trailing zeros cut: it reads back within 5e-10 of the value, and
 * exactly if it is an integer.
 */
export function writeFloat(bytes: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value)) return writeInteger(bytes, at, value);
  let end = at;
  let magnitude = value;
  if (magnitude < 0) {
    bytes[end++] = MINUS;
    magnitude = -magnitude;
  }
  if (magnitude >= BILLION || magnitude < SMALLEST_FIXED) return writeAscii(bytes, end, String(magnitude));
  return magnitude < 1 ? writeFraction(bytes, end, magnitude) : writeMixed(bytes, end, magnitude);
}

/** 1 ≤ value < 10^9. */
function writeMixed(bytes: Uint8Array, at: number, value: number): number {
  let whole = value | 0;
  const places = SIGNIFICANT_DIGITS - digitCount(whole);
  let fraction = Math.round((value - whole) * POWERS[places]);
  if (fraction === POWERS[places]) {
    whole += 1;
    fraction = 0;
  }
  const end = writeDigits(bytes, at, whole, digitCount(whole));
  if (fraction === 0) return end;
  bytes[end] = POINT;
  return trimZeros(bytes, writeDigits(bytes, end + 1, fraction, places));
}

/** 10^-7 ≤ value < 1: leading zeros, then ten digits, written in two halves since ten do not fit 31 bits. */
function writeFraction(bytes: Uint8Array, at: number, value: number): number {
  let places = SIGNIFICANT_DIGITS;
  while (value * POWERS[places] < BILLION) places += 1;
  const digits = Math.round(value * POWERS[places]);
  bytes[at] = ZERO;
  bytes[at + 1] = POINT;
  let end = at + 2;
  // Rounded up to the next power of ten: one leading zero less, or a plain 1.
  if (digits === 10 * BILLION) return writeAscii(bytes, at, String(10 ** (SIGNIFICANT_DIGITS - places)));
  for (let zeros = places - SIGNIFICANT_DIGITS; zeros > 0; zeros--) bytes[end++] = ZERO;
  const high = Math.floor(digits / 1e5);
  end = writeDigits(bytes, end, high, 5);
  return trimZeros(bytes, writeDigits(bytes, end, digits - high * 1e5, 5));
}

/** Exactly `count` digits, with leading zeros, of an integer below 2^31. */
function writeDigits(bytes: Uint8Array, at: number, value: number, count: number): number {
  let rest = value | 0;
  let i = at + count;
  while (i - at >= 2) {
    const next = (rest / 100) | 0;
    const pair = (rest - next * 100) * 2;
    bytes[--i] = DIGIT_PAIRS[pair + 1];
    bytes[--i] = DIGIT_PAIRS[pair];
    rest = next;
  }
  if (i > at) bytes[at] = ZERO + rest;
  return at + count;
}

/** Digits of an integer from 0 to 2^31. */
function digitCount(value: number): number {
  let count = 1;
  while (value >= POWERS[count]) count += 1;
  return count;
}

function trimZeros(bytes: Uint8Array, end: number): number {
  let trimmed = end;
  while (bytes[trimmed - 1] === ZERO) trimmed -= 1;
  return trimmed;
}

function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
