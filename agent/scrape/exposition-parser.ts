/** Labels of a sample as written, without escapes. */
export type Labels = ReadonlyMap<string, string>;

/** One line of the text: a series and its value, which may be NaN or infinite. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"/y;
/** The rest behind the labels; time and exemplar, which nobody reads, are not judged. */
const VALUE = /\s*([^\s#]+)(?:\s|$)/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const MAX_LABELS = 64;

/**
 * The name of the sample on a line: '' where the line is empty or a comment, undefined where it begins like no
 * sample. https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md
 */
export function sampleName(line: string): string | undefined {
  const start = line.search(/\S/);
  if (start < 0 || line[start] === '#') return '';
  METRIC_NAME.lastIndex = start;
  const name = METRIC_NAME.exec(line)?.[0];
  const next = name === undefined ? undefined : line[start + name.length];
  return next === '{' || next === ' ' || next === '\t' ? name : undefined;
}

/** The sample on a line whose name is `name`; undefined where the rest does not parse. Never throws. */
export function parseSample(line: string, name: string): Sample | undefined {
  const labels = new Map<string, string>();
  let at = line.indexOf(name) + name.length;
  while (line[at] === ' ' || line[at] === '\t') at++;
  if (line[at] === '{') {
    const end = readLabels(line, at + 1, labels);
    if (end === undefined) return undefined;
    at = end;
  }
  VALUE.lastIndex = at;
  const written = VALUE.exec(line)?.[1];
  const value = written === undefined ? undefined : parseNumber(written);
  return value === undefined ? undefined : { name, labels, value };
}

/** Into `labels`, from behind the brace; where the closing one ends. */
function readLabels(line: string, from: number, labels: Map<string, string>): number | undefined {
  let at = from;
  for (;;) {
    while (line[at] === ' ' || line[at] === '\t') at++;
    if (line[at] === '}') return at + 1;
    LABEL_NAME.lastIndex = at;
    const label = LABEL_NAME.exec(line);
    const text = label === null ? undefined : readQuoted(line, LABEL_NAME.lastIndex);
    if (label?.[1] === undefined || text === undefined || labels.size === MAX_LABELS) return undefined;
    labels.set(label[1], text.value);
    at = text.end;
    while (line[at] === ' ' || line[at] === '\t') at++;
    if (line[at] === ',') at++;
    else if (line[at] !== '}') return undefined;
  }
}

/** From behind the opening quote; `end` is behind the closing one. */
function readQuoted(line: string, from: number): { value: string; end: number } | undefined {
  let end = from;
  while (end < line.length && line[end] !== '"') end += line[end] === '\\' ? 2 : 1;
  if (end >= line.length) return undefined;
  const written = line.slice(from, end);
  return { value: written.includes('\\') ? withoutEscapes(written) : written, end: end + 1 };
}

/** The format knows three escapes; another backslash stands for itself. */
function withoutEscapes(written: string): string {
  return written.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function parseNumber(written: string): number | undefined {
  if (NUMBER.test(written)) return Number(written);
  const infinity = INFINITY.exec(written);
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?nan$/i.test(written) ? Number.NaN : undefined;
}
