import { catalog } from './catalog/catalog.ts';
import type { MeasurementSpec } from './catalog/measurement-spec.ts';
import { MAX_DECIMAL_BYTES, writeFloat, writeInteger } from './decimal.ts';
import { createTextWords, type LineBuffer, type TextWords } from './line-buffer.ts';
import type { Point, PointSeries } from './point.ts';

type FieldType = MeasurementSpec['fields'][string]['type'];
type FieldScalar = number | string | boolean | undefined;

interface FieldPlan {
  readonly name: string;
  readonly type: FieldType;
  /** `name=` and `,name=`. */
  readonly first: TextWords;
  readonly next: TextWords;
}

interface MeasurementPlan {
  readonly fields: readonly FieldPlan[];
  /** Of all fields with numbers in them, the timestamp and the newline. */
  readonly maxBytes: number;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const INTEGER_SUFFIX = 0x69;
const CONTROL = /\p{Cc}/gu;
const MAX_INT64 = 2 ** 63;

const textEncoder = new TextEncoder();
const plans = new Map<string, MeasurementPlan>(
  Object.entries(catalog).map(([name, spec]) => [name, planMeasurement(spec)]),
);

/**
 * Hot: appends a point as one line of InfluxDB line protocol (docs.influxdata.com, "Line protocol") and returns
 * true: `measurement,tag=value field=1.5,count=3i 1800000000000\n`, the time in milliseconds. Fields stand in the
 * catalog's order; absent ones and NaN and ±Inf are left out, and a point without fields writes nothing and
 * returns false.
 *
 * A control character becomes a space, since no two stores agree about a newline in a value. In tags, where a
 * backslash cannot be escaped, one that would be read as an escape (before `,`, `=`, a space, another backslash
 * or the end) becomes `/`.
 */
export function encodePoint(point: Point, into: LineBuffer): boolean {
  const plan = plans.get(point.series.measurement);
  if (plan === undefined) throw new Error(`bug: no measurement ${point.series.measurement} in the catalog`);
  const lineStart = into.length;
  into.writeBytes(point.series.encodedKey ?? encodeKey(point.series));
  const fieldsStart = into.length;
  into.reserve(plan.maxBytes);
  writeFields(plan, point.fields, into);
  if (into.length === fieldsStart) {
    into.length = lineStart;
    return false;
  }
  into.bytes[into.length] = SPACE;
  into.length = writeInteger(into.bytes, into.length + 1, Math.round(point.timestampMs));
  into.bytes[into.length++] = NEWLINE;
  return true;
}

/** `measurement,tags ` with the space behind it, kept on the series. */
function encodeKey(series: PointSeries): Uint8Array {
  const tags = Object.entries(series.tags).map(([key, value]) => `,${escapeTag(key)}=${escapeTag(value)}`);
  series.encodedKey = textEncoder.encode(`${escapeTag(series.measurement)}${tags.join('')} `);
  return series.encodedKey;
}

function writeFields(
  plan: MeasurementPlan,
  fields: Readonly<Record<string, FieldScalar>>,
  into: LineBuffer,
): void {
  const start = into.length;
  for (let i = 0; i < plan.fields.length; i++) {
    const field = plan.fields[i];
    const value = fields[field.name];
    if (value === undefined) continue;
    const prefix = into.length === start ? field.first : field.next;
    if (typeof value === 'number') {
      writeNumber(into, prefix, field.type, value);
      continue;
    }
    into.writeWords(prefix);
    into.writeText(typeof value === 'string' ? quote(value) : String(value));
    into.reserve(plan.maxBytes);
  }
}

function writeNumber(into: LineBuffer, prefix: TextWords, type: FieldType, value: number): void {
  if (!Number.isFinite(value)) return;
  if (type === 'integer') {
    writeIntegerField(into, prefix, value);
    return;
  }
  into.writeWords(prefix);
  into.length = writeFloat(into.bytes, into.length, value);
}

/** A fraction is rounded, for an integer field must never turn into a float; what no int64 holds is left out. */
function writeIntegerField(into: LineBuffer, prefix: TextWords, value: number): void {
  const rounded = Math.round(value);
  if (rounded >= MAX_INT64 || rounded < -MAX_INT64) return;
  into.writeWords(prefix);
  if (Number.isSafeInteger(rounded)) into.length = writeInteger(into.bytes, into.length, rounded);
  else into.writeText(String(BigInt(rounded)));
  into.bytes[into.length++] = INTEGER_SUFFIX;
}

function escapeTag(text: string): string {
  return text
    .replace(CONTROL, ' ')
    .replace(/\\(?=[,= \\]|$)/g, '/')
    .replace(/[,= ]/g, '\\$&');
}

function quote(text: string): string {
  return `"${text.replace(CONTROL, ' ').replace(/["\\]/g, '\\$&')}"`;
}

function planMeasurement(spec: MeasurementSpec): MeasurementPlan {
  const fields = Object.entries(spec.fields).map(([name, { type }]) => ({
    name,
    type,
    first: createTextWords(`${name}=`),
    next: createTextWords(`,${name}=`),
  }));
  const room = MAX_DECIMAL_BYTES + 2;
  return { fields, maxBytes: fields.reduce((sum, field) => sum + field.next.length + room, room) };
}
