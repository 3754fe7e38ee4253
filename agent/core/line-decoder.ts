/** A line of the text that `encodePoint` writes, cut at its two separators and not decoded any further. */
export interface LineParts {
  /** Measurement and tags, escaped as in the line: it identifies the series. */
  readonly key: string;
  readonly fieldText: string;
  /** Unix milliseconds. */
  readonly timestampMs: number;
}

/** A point as any consumer understands it. Whether a number was an integer says the catalog. */
export interface DecodedPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  readonly timestampMs: number;
}

/** Cuts a line (with or without its newline) into key, fields and time; undefined if it is not one of ours. */
export function splitLine(line: string): LineParts | undefined {
  const keyEnd = findUnescaped(line, ' ', 0);
  const fieldsEnd = line.lastIndexOf(' ');
  if (keyEnd < 1 || fieldsEnd <= keyEnd + 1) return undefined;
  const timestampText = line.slice(fieldsEnd + 1).trimEnd();
  if (!/^-?\d{1,16}$/.test(timestampText)) return undefined;
  return {
    key: line.slice(0, keyEnd),
    fieldText: line.slice(keyEnd + 1, fieldsEnd),
    timestampMs: Number(timestampText),
  };
}

/** Measurement and tags of `LineParts.key`; undefined if it is malformed. */
export function decodeKey(key: string): Pick<DecodedPoint, 'measurement' | 'tags'> | undefined {
  const parts = splitUnescaped(key, ',');
  const tags: Record<string, string> = {};
  for (const part of parts.slice(1)) {
    const equals = findUnescaped(part, '=', 0);
    if (equals < 1) return undefined;
    tags[unescapeTag(part.slice(0, equals))] = unescapeTag(part.slice(equals + 1));
  }
  return { measurement: unescapeTag(parts[0]), tags };
}

/** Fields of `LineParts.fieldText`; undefined if it is malformed. */
export function decodeFields(fieldText: string): DecodedPoint['fields'] | undefined {
  const fields: Record<string, number | string | boolean> = {};
  // A name, then a quoted string or anything up to the next comma.
  const field = /([^=,]+)=("(?:[^"\\]|\\.)*"|[^,"]+)(?:,(?!$)|$)/suy;
  while (field.lastIndex < fieldText.length) {
    const match = field.exec(fieldText);
    const value = match === null ? undefined : decodeValue(match[2]);
    if (match === null || value === undefined) return undefined;
    fields[match[1]] = value;
  }
  return fields;
}

/** The point that a line stands for; undefined if the line is not one that `encodePoint` writes. */
export function decodeLine(line: string): DecodedPoint | undefined {
  const parts = splitLine(line);
  if (parts === undefined) return undefined;
  const key = decodeKey(parts.key);
  const fields = decodeFields(parts.fieldText);
  if (key === undefined || fields === undefined) return undefined;
  return { ...key, fields, timestampMs: parts.timestampMs };
}

function decodeValue(text: string): number | string | boolean | undefined {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
  if (text === 'true' || text === 'false') return text === 'true';
  const value = Number(text.endsWith('i') ? text.slice(0, -1) : text);
  return Number.isFinite(value) ? value : undefined;
}

function unescapeTag(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}

/** `encodePoint` leaves no backslash before a separator but the one that escapes it. */
function findUnescaped(text: string, separator: string, from: number): number {
  let at = text.indexOf(separator, from);
  while (at > 0 && text[at - 1] === '\\') at = text.indexOf(separator, at + 1);
  return at;
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = [];
  let start = 0;
  for (let at = findUnescaped(text, separator, 0); at !== -1; at = findUnescaped(text, separator, start)) {
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  parts.push(text.slice(start));
  return parts;
}
