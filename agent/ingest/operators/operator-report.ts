import type { OperatorTotals } from '../../core/operator-totals.ts';
import { MalformedBatch } from '../malformed-batch.ts';
import { WireCursor } from '../wire-cursor.ts';
import { unixMs } from '../wire-time.ts';

/** `OperatorReport` of the wire contract, with absent fields empty. */
export interface OperatorReport {
  readonly profileId: Uint8Array;
  readonly series: ReportedSeries;
  readonly profiler: string;
  /** 0: unknown. */
  readonly iterations: number;
  /** Unix ms; NaN: now. */
  readonly endMs: number;
  readonly operators: readonly OperatorTotals[];
}

export interface ReportedSeries {
  readonly model: string;
  readonly variant: string;
  readonly version: string;
  readonly operation: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** More than any profile has; it bounds what one message may cost in memory. */
const MAX_OPERATORS = 65_536;
const MAX_LABELS = 64;
const SERIES_NAMES = ['model', 'variant', 'version', 'operation'] as const;
const NO_BYTES = new Uint8Array(0);

/**
 * Reads an `OperatorReport`. By our own reader, as the other messages, because a generated one builds every operator of
 * a hostile message before anybody can count them. Throws `MalformedBatch`.
 */
export function decodeOperatorReport(bytes: Uint8Array): OperatorReport {
  const cursor = new WireCursor();
  cursor.reset(bytes);
  const report = {
    profileId: NO_BYTES as Uint8Array,
    series: { model: '', variant: '', version: '', operation: '', labels: new Map<string, string>() },
    profiler: '',
    iterations: 0,
    endMs: Number.NaN,
    operators: [] as OperatorTotals[],
  };
  while (cursor.at < bytes.length) {
    const tag = cursor.varint(bytes.length);
    if (tag === 50) addOperator(report.operators, cursor, bytes.length);
    else if (tag === 10) report.profileId = readBytes(cursor, bytes.length);
    else if (tag === 18) readSeries(report.series, cursor, cursor.lengthEnd(bytes.length));
    else if (tag === 26) report.profiler = readText(cursor, bytes.length);
    else if (tag === 32) report.iterations = cursor.varint(bytes.length);
    else if (tag === 41) {
      cursor.fixed64(bytes.length);
      report.endMs = unixMs(cursor.low, cursor.high);
    } else cursor.skip(tag, bytes.length);
  }
  return report;
}

function addOperator(operators: OperatorTotals[], cursor: WireCursor, end: number): void {
  if (operators.length === MAX_OPERATORS) throw new MalformedBatch(`more than ${MAX_OPERATORS} operators`);
  operators.push(readOperator(cursor, cursor.lengthEnd(end)));
}

function readOperator(cursor: WireCursor, end: number): OperatorTotals {
  const operator = { name: '', device: '', calls: 0, totalNs: 0, selfNs: 0 };
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    if (tag === 10) operator.name = readText(cursor, end);
    else if (tag === 18) operator.device = readText(cursor, end);
    else if (tag === 24) operator.calls = cursor.uint64(end);
    else if (tag === 32) operator.totalNs = cursor.int64(end);
    else if (tag === 40) operator.selfNs = cursor.int64(end);
    else cursor.skip(tag, end);
  }
  return operator;
}

function readSeries(
  series: Record<(typeof SERIES_NAMES)[number], string> & { labels: Map<string, string> },
  cursor: WireCursor,
  end: number,
): void {
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    const name = (tag & 7) === 2 ? SERIES_NAMES[(tag >>> 3) - 1] : undefined;
    if (name !== undefined) series[name] = readText(cursor, end);
    else if (tag === 42) readLabel(series.labels, cursor, cursor.lengthEnd(end));
    else cursor.skip(tag, end);
  }
}

function readLabel(labels: Map<string, string>, cursor: WireCursor, end: number): void {
  let [key, value] = ['', ''];
  while (cursor.at < end) {
    const tag = cursor.varint(end);
    if (tag === 10) key = readText(cursor, end);
    else if (tag === 18) value = readText(cursor, end);
    else cursor.skip(tag, end);
  }
  if (labels.size < MAX_LABELS) labels.set(key, value);
}

function readText(cursor: WireCursor, end: number): string {
  const bytes = readBytes(cursor, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

/** Part of the message, not a copy. */
function readBytes(cursor: WireCursor, end: number): Uint8Array {
  const valueEnd = cursor.lengthEnd(end);
  const start = cursor.advance(valueEnd - cursor.at, end);
  return cursor.bytes.subarray(start, valueEnd);
}
