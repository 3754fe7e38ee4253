import { basename } from 'node:path';
import { decodeDocument } from '../baseline/baseline-document.ts';
import { isBaselineName, NAME_RULE } from '../baseline/baseline-name.ts';
import type { KeptBaseline } from '../baseline/baseline-store.ts';
import type { SavedBaseline } from '../baseline/baselines.ts';
import { seriesLabel } from '../baseline/series-selector.ts';
import { awaitAnswer } from './awaited-answer.ts';
import { baselineRows, recordingFigures, recordingText } from './baseline-text.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { type AgentLink, type HttpOptionValues, type LinkAnswer, linkAgent } from './http-options.ts';
import { type RangeOptionValues, rangeOf } from './range-option.ts';
import { type SeriesOptionValues, selectorOf } from './series-option.ts';

export interface BaselineOptionValues extends HttpOptionValues, RangeOptionValues, SeriesOptionValues {
  readonly name?: string;
  readonly replace?: true;
  readonly output?: string;
}

type Run = (context: CommandContext, options: BaselineOptionValues, name: string) => Promise<void>;
type LinkedRun = (
  link: AgentLink,
  context: CommandContext,
  options: BaselineOptionValues,
  name: string,
) => Promise<void>;

/** `baseline save NAME` */
export const save: Run = linked(async (link, context, options, name) => {
  const selector = selectorOf(options);
  if (typeof selector === 'string') return fail(context, ExitCode.usage, selector);
  if (!isBaselineName(name)) return fail(context, ExitCode.usage, `"${name}" is no name: ${NAME_RULE}`);
  const status = await link.call({ path: '/api/v1/status' });
  if (!status.ok) return fail(context, ExitCode.failed, status.message);
  const { nowMs } = JSON.parse(status.text) as { nowMs: number };
  const range = rangeOf(options, Math.round(nowMs)) ?? rangeOf({ for: '60s' }, Math.round(nowMs));
  if (range === undefined || typeof range === 'string') return fail(context, ExitCode.usage, range ?? '');
  const body = JSON.stringify({ ...selector, ...range, replace: options.replace === true });
  const ask = (): Promise<LinkAnswer> => link.call({ path: pathOf(name), method: 'POST', body });
  const answer = await awaitAnswer(context, ask, range);
  if (answer === undefined) return fail(context, ExitCode.failed, 'interrupted: nothing was kept');
  tellSaved(context, answer, options);
});

/** `baseline list` */
export const list: Run = linked(async (link, context, options) => {
  const answer = await link.call({ path: '/api/v1/baselines' });
  if (!answer.ok) return fail(context, ExitCode.failed, answer.message);
  const { baselines } = JSON.parse(answer.text) as { baselines: readonly KeptBaseline[] };
  const none = `no baselines at ${link.url}; infermeter baseline save NAME --model MODEL --variant VARIANT keeps one\n`;
  const text = baselines.length === 0 ? none : `${baselineRows(baselines).join('\n')}\n`;
  context.stdout(options.json ? `${JSON.stringify(baselines, undefined, 2)}\n` : text);
  context.exit(ExitCode.ok);
});

/** `baseline show NAME` */
export const show: Run = async (context, options, name) => {
  const isFile = name.endsWith('.json') || name.includes('/');
  if (!isFile) return showKept(context, options, name);
  try {
    tellDocument(context, options, await context.readFile(name));
  } catch (error) {
    fail(context, ExitCode.usage, `${name} cannot be read: ${(error as Error).message}`);
  }
};

const showKept: Run = linked(async (link, context, options, name) => {
  const answer = await link.call({ path: pathOf(name) });
  if (!answer.ok) return fail(context, ExitCode.failed, answer.message);
  tellDocument(context, options, answer.text);
});

/** `baseline delete NAME` */
export const remove: Run = linked(async (link, context, _options, name) => {
  const answer = await link.call({ path: pathOf(name), method: 'DELETE' });
  if (!answer.ok) return fail(context, ExitCode.failed, answer.message);
  context.stdout(`deleted ${name}\n`);
  context.exit(ExitCode.ok);
});

/** `baseline export NAME` */
export const exportBaseline: Run = linked(async (link, context, { output }, name) => {
  const answer = await link.call({ path: pathOf(name) });
  if (!answer.ok) return fail(context, ExitCode.failed, answer.message);
  if (output === undefined) context.stdout(answer.text);
  else await context.writeFile(output, answer.text);
  context.exit(ExitCode.ok);
});

/** `baseline import FILE` */
export const importBaseline: Run = async (context, options, path) => {
  let text: string;
  try {
    text = await context.readFile(path);
  } catch (error) {
    return fail(context, ExitCode.usage, `${path} cannot be read: ${(error as Error).message}`);
  }
  const decoded = decodeDocument(text);
  if (!decoded.ok) return fail(context, ExitCode.usage, `${path}: ${decoded.message}`);
  const name = options.name ?? decoded.document.name ?? basename(path, '.json');
  if (!isBaselineName(name))
    return fail(context, ExitCode.usage, `--name is needed: "${name}" is no ${NAME_RULE}`);
  const put = linked(async (link) => {
    const replace = options.replace === true ? '?replace=1' : '';
    const answer = await link.call({ path: `${pathOf(name)}${replace}`, method: 'PUT', body: text });
    tellSaved(context, answer, options);
  });
  return put(context, options, name);
};

/** Runs with an agent at the other end; that it does not answer is said. */
function linked(run: LinkedRun): Run {
  return async (context, options, name) => {
    const link = await linkAgent(context, options);
    if (link === undefined) return;
    try {
      await run(link, context, options, name);
    } catch (error) {
      const message = context.signal.aborted ? 'interrupted' : (error as Error).message;
      fail(context, ExitCode.failed, message);
    }
  };
}

function tellSaved(context: CommandContext, answer: LinkAnswer, { json }: BaselineOptionValues): void {
  if (!answer.ok) {
    fail(context, ExitCode.failed, answer.message);
    return;
  }
  const { baseline, outcome } = JSON.parse(answer.text) as SavedBaseline;
  const { name, series, slices, requests } = baseline;
  const what = `${seriesLabel(series)}, ${requests.toLocaleString('en')} requests in ${slices} slices`;
  const said = `${outcome === 'replaced' ? 'replaced' : 'kept'} ${name}: ${what}\n`;
  context.stdout(json ? `${JSON.stringify(baseline, undefined, 2)}\n` : said);
  context.exit(ExitCode.ok);
}

function tellDocument(context: CommandContext, { json }: BaselineOptionValues, text: string): void {
  const decoded = decodeDocument(text);
  if (!decoded.ok) {
    fail(context, ExitCode.usage, decoded.message);
    return;
  }
  const { recording } = decoded.document;
  context.stdout(
    json ? `${JSON.stringify(recordingFigures(recording), undefined, 2)}\n` : recordingText(recording),
  );
  context.exit(ExitCode.ok);
}

function pathOf(name: string): string {
  return `/api/v1/baselines/${encodeURIComponent(name)}`;
}

function fail(context: CommandContext, code: ExitCode, message: string): void {
  context.stderr(`infermeter: ${message}\n`);
  context.exit(code);
}
