import { catalog } from './catalog/catalog.ts';
import type { MeasurementSpec } from './catalog/measurement-spec.ts';
import { MAX_DECIMAL_BYTES, writeFloat, writeInteger } from './decimal.ts';
import { createTextWords, type LineBuffer, type TextWords, writeWords } from './line-buffer.ts';
import type { Point, PointSeries } from './point.ts';

type FieldType = MeasurementSpec['fields'][string]['type'];
type FieldScalar = number | string | boolean | undefined;

interface FieldPlan {
  readonly name: string;
  readonly type: FieldType;
  /** `,name=` */
  readonly prefix: TextWords;
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

const plans = new Map<string, MeasurementPlan>(
  Object.entries(catalog).map(([name, spec]) => [name, planMeasurement(spec)]),
);

/**
 * Hot: appends a point as one line of InfluxDB line protocol (docs.influxdata.com, "Line protocol") and returns
 * true: `measurement,tag=value field=1.5,count=3i 1800000000000\n`, the time in milliseconds. Fields stand in the
 * point's order (fastest if it is the catalog's); absent ones and NaN and ±Inf are left out, and a point without
 * fields writes nothing and returns false.
 *
 * A control character becomes a space, since no two stores agree about a newline in a value. In tags, where a
 * backslash cannot be escaped, one that would be read as an escape (before `,`, `=`, a space, another backslash
 * or the end) becomes `/`.
 */
export function encodePoint(point: Point, into: LineBuffer): boolean {
  const plan = plans.get(point.series.measurement);
  if (plan === undefined) throw new Error(`bug: no measurement ${point.series.measurement} in the catalog`);
  const lineStart = into.length;
  into.writeLatin1(point.series.encodedKey ?? encodeKey(point.series));
  const fieldsStart = into.length;
  into.reserve(plan.maxBytes);
  writeFields(plan, point.fields, into);
  if (into.length === fieldsStart) {
    into.length = lineStart;
    return false;
  }
  const { view } = into;
  view.setUint8(fieldsStart, SPACE);
  view.setUint8(into.length, SPACE);
  into.length = writeInteger(view, into.length + 1, Math.round(point.timestampMs));
  view.setUint8(into.length++, NEWLINE);
  return true;
}

/** `measurement,tags`, kept on the series: its UTF-8 bytes as one character each. */
function encodeKey(series: PointSeries): string {
  const tags = Object.entries(series.tags).map(([key, value]) => `,${escapeTag(key)}=${escapeTag(value)}`);
  series.encodedKey = Buffer.from(`${escapeTag(series.measurement)}${tags.join('')}`).toString('latin1');
  return series.encodedKey;
}

/**
 * Each field with a comma before it; the first comma becomes a space later. `for … in` reads an object's own
 * fields half as dear as `fields[name]` over the catalog, and most points lack some of its fields.
 */
function writeFields(
  plan: MeasurementPlan,
  fields: Readonly<Record<string, FieldScalar>>,
  into: LineBuffer,
): void {
  let at = into.length;
  let next = 0;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    const index = findField(plan.fields, name, next);
    const field = plan.fields[index];
    next = index + 1;
    if (typeof value === 'number') {
      at = writeNumber(into.view, at, field, value);
    } else {
      into.length = writeWords(into.view, at, field.prefix);
      into.writeText(typeof value === 'string' ? quote(value) : String(value));
      into.reserve(plan.maxBytes);
      at = into.length;
    }
  }
  into.length = at;
}

/** Where the field stands; looks from `start` on, where it is at once if the point has the catalog's order. */
function findField(fields: readonly FieldPlan[], name: string, start: number): number {
  for (let i = start; i < fields.length; i++) if (fields[i].name === name) return i;
  for (let i = 0; i < start; i++) if (fields[i].name === name) return i;
  throw new Error(`bug: no field ${name} in the catalog`);
}

/** A fraction is rounded in an integer field, which must never turn into a float; what no int64 holds is left out. */
function writeNumber(view: DataView, at: number, field: FieldPlan, value: number): number {
  if (!Number.isFinite(value)) return at;
  if (field.type !== 'integer') return writeFloat(view, writeWords(view, at, field.prefix), value);
  const rounded = Math.round(value);
  if (rounded >= MAX_INT64 || rounded < -MAX_INT64) return at;
  const end = writeInteger(view, writeWords(view, at, field.prefix), rounded);
  view.setUint8(end, INTEGER_SUFFIX);
  return end + 1;
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
    prefix: createTextWords(`,${name}=`),
  }));
  const room = MAX_DECIMAL_BYTES + 2;
  return { fields, maxBytes: fields.reduce((sum, field) => sum + field.prefix.length + room, room) };
}
