import protobuf from 'protobufjs';
import { protocol } from './span-batch-codec.ts';

const MAP_ENTRY = new protobuf.Type('Entry')
  .add(new protobuf.Field('key', 1, 'string'))
  .add(new protobuf.Field('value', 2, 'string'));

/**
 * Whether a message holds a form that protobufjs reads otherwise than the specification (protobuf.dev, "Encoding")
 * has it, so that it cannot be the judge there: a known field with another wire type (unknown to the
 * specification), a field number 0 (illegal), a varint of six to nine bytes in a 32-bit place (it passes ten), a group
 * (it does not compare the numbers of start and end), a second occurrence of a submessage (to be merged), a tag or
 * a length that takes more bytes than it needs, two members of a oneof, or text that is not UTF-8.
 */
export function hasUnusualForm(
  bytes: Uint8Array,
  type = protocol.lookupType('infermeter.v1.SpanBatch'),
): boolean {
  return walk(bytes, type);
}

function walk(bytes: Uint8Array, type: protobuf.Type): boolean {
  const seen = new Set<number>();
  let at = 0;
  const varint = (): { value: number; length: number } | undefined => {
    let value = 0;
    for (let length = 1; length <= 10; length++) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value += (byte & 127) * 128 ** (length - 1);
      if (byte < 128) return { value, length };
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag.length > 5 || tag.value >= 2 ** 32) return true;
    const wireType = tag.value % 8;
    const field = type.fieldsById[tag.value >>> 3];
    if (tag.value >>> 3 === 0 || wireType === 3 || wireType === 4) return true;
    if (tag.value < 128 !== (tag.length === 1)) return true;
    if (field !== undefined && !wireTypesOf(field).includes(wireType)) return true;
    if (field?.partOf && isSecondOf(field, seen)) return true;
    if (wireType === 0) {
      const value = varint();
      if (value === undefined || (value.length > 5 && !is64Bit(field))) return true;
    } else if (wireType === 2) {
      const length = varint();
      if (length === undefined || length.length > 5 || at + length.value > bytes.length) return true;
      const part = bytes.subarray(at, at + length.value);
      at += length.value;
      if (field !== undefined && isUnusualPart(field, part, seen)) return true;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return true;
  }
  return at > bytes.length;
}

function isUnusualPart(field: protobuf.Field, part: Uint8Array, seen: Set<number>): boolean {
  field.resolve();
  if (field.map) return walk(part, MAP_ENTRY);
  if (field.resolvedType !== null && 'fieldsById' in field.resolvedType) {
    if (!field.repeated && seen.has(field.id)) return true;
    seen.add(field.id);
    return walk(part, field.resolvedType as protobuf.Type);
  }
  if (field.type === 'string') return !isPlainText(part);
  // Damaged packed varints may be of any length.
  return (
    field.type === 'uint32' && part.some((byte, i) => byte > 127 && i + 5 < part.length && part[i + 1] > 127)
  );
}

function isSecondOf({ id, partOf }: protobuf.Field, seen: Set<number>): boolean {
  // Negative: those of whole fields are kept apart.
  const isSecond = partOf?.fieldsArray.some((member) => member.id !== id && seen.has(-member.id)) ?? false;
  seen.add(-id);
  return isSecond;
}

function isPlainText(part: Uint8Array): boolean {
  return Buffer.from(Buffer.from(part).toString()).equals(part);
}

function is64Bit(field: protobuf.Field | undefined): boolean {
  return field === undefined || field.type.endsWith('64');
}

function wireTypesOf(field: protobuf.Field): readonly number[] {
  field.resolve();
  const basic = protobuf.types.basic as Readonly<Record<string, number | undefined>>;
  const single = basic[field.type] ?? (field.resolvedType instanceof protobuf.Enum ? 0 : 2);
  return field.repeated && single !== 2 ? [single, 2] : [single];
}
