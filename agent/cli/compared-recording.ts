import { decodeDocument } from '../baseline/baseline-document.ts';
import { isBaselineName, NAME_RULE } from '../baseline/baseline-name.ts';
import type { Recording } from '../baseline/recording.ts';
import { awaitAnswer } from './awaited-answer.ts';
import type { CommandContext } from './command-context.ts';
import type { AgentLink } from './http-options.ts';
import { type RangeOptionValues, rangeOf } from './range-option.ts';
import { parseSelector, selectorParameters } from './series-option.ts';

/** A side of a comparison as the user names it. */
export type SideName =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'kept'; readonly name: string }
  | { readonly kind: 'series'; readonly parameters: URLSearchParams };

/** What came of loading a side; `interrupted`: the user had enough. */
export type LoadedSide =
  | { readonly kind: 'loaded'; readonly recording: Recording }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

/** The side, or what is wrong with its name. */
export function parseSide(text: string): SideName | string {
  if (text.endsWith('.json') || text.includes('/')) return { kind: 'file', path: text };
  if (text.includes('=')) {
    const selector = parseSelector(text);
    if (typeof selector === 'string') return selector;
    return { kind: 'series', parameters: selectorParameters(selector) };
  }
  if (isBaselineName(text)) return { kind: 'kept', name: text };
  return `"${text}" is neither a file, nor a series (model=NAME,variant=NAME), nor a baseline's name: ${NAME_RULE}`;
}

export async function loadFile(context: CommandContext, path: string): Promise<LoadedSide> {
  try {
    return decode(await context.readFile(path), path);
  } catch (error) {
    return { kind: 'unusable', message: `${path} cannot be read: ${(error as Error).message}` };
  }
}

export async function loadKept(link: AgentLink, name: string): Promise<LoadedSide> {
  const answer = await link.call({ path: `/api/v1/baselines/${name}` });
  return answer.ok ? decode(answer.text, name) : { kind: 'refused', message: answer.message };
}

/** A series of a running agent, over the range of the flags; by default its last minutes. */
export async function loadSeries(
  context: CommandContext,
  link: AgentLink,
  parameters: URLSearchParams,
  options: RangeOptionValues,
): Promise<LoadedSide> {
  const status = await link.call({ path: '/api/v1/status' });
  if (!status.ok) return { kind: 'refused', message: status.message };
  const { nowMs } = JSON.parse(status.text) as { nowMs: number };
  const range = rangeOf(options, Math.round(nowMs));
  if (typeof range === 'string') return { kind: 'unusable', message: range };
  const query = new URLSearchParams(parameters);
  if (range !== undefined) {
    query.set('from', String(range.fromMs));
    query.set('to', String(range.toMs));
  }
  const ask = () => link.call({ path: `/api/v1/recording?${query}` });
  const answer = await awaitAnswer(context, ask, range ?? { fromMs: nowMs, toMs: nowMs });
  if (answer === undefined) return { kind: 'interrupted' };
  return answer.ok ? decode(answer.text, 'the recording') : { kind: 'refused', message: answer.message };
}

function decode(text: string, what: string): LoadedSide {
  const decoded = decodeDocument(text);
  return decoded.ok
    ? { kind: 'loaded', recording: decoded.document.recording }
    : { kind: 'unusable', message: `${what}: ${decoded.message}` };
}
