import { compareRecordings } from '../baseline/compare.ts';
import { compareOperators, type ProfileComparison } from '../baseline/compare-operators.ts';
import type { Comparison } from '../baseline/comparison.ts';
import { GATE_RULE, type Gate, type GateResult, judgeGate, parseGate } from '../baseline/gate.ts';
import type { Recording } from '../baseline/recording.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import {
  type LoadedSide,
  loadFile,
  loadKept,
  loadSeries,
  parseSide,
  type SideName,
} from './compared-recording.ts';
import { plotSvg } from './comparison-plot.ts';
import { comparisonText } from './comparison-text.ts';
import { type HttpOptionValues, linkAgent } from './http-options.ts';
import type { RangeOptionValues } from './range-option.ts';

export interface CompareOptionValues extends HttpOptionValues, RangeOptionValues {
  readonly baseline: string;
  readonly candidate: string;
  readonly failOn?: readonly string[];
  readonly require?: readonly string[];
  readonly plot?: string;
}

interface Sides {
  readonly baseline: SideName;
  readonly candidate: SideName;
}

/** Ends with an exit code as `compare --help` lists them. */
export async function runCompare(context: CommandContext, options: CompareOptionValues): Promise<void> {
  const fail = (code: ExitCode, message: string): void => {
    context.stderr(`infermeter: ${message}\n`);
    context.exit(code);
  };
  const sides = parseSides(options);
  if (typeof sides === 'string') return fail(ExitCode.usage, sides);
  const gates = parseGates(options);
  if (typeof gates === 'string') return fail(ExitCode.usage, gates);
  const recordings: Recording[] = [];
  for (const side of [sides.baseline, sides.candidate]) {
    const loaded = await load(context, side, options).catch(
      (error: Error): LoadedSide => ({ kind: 'refused', message: error.message }),
    );
    if (loaded === undefined) return;
    if (context.signal.aborted || loaded.kind === 'interrupted') return fail(ExitCode.failed, 'interrupted');
    if (loaded.kind === 'unusable') return fail(ExitCode.usage, loaded.message);
    if (loaded.kind === 'refused') return fail(ExitCode.failed, loaded.message);
    recordings.push(loaded.recording);
  }
  const [baseline, candidate] = recordings;
  const comparison = compareRecordings(baseline, candidate);
  const results = gates.map((gate) => judgeGate(gate, comparison));
  if (options.plot !== undefined) {
    const written = await writePlot(context, options.plot, plotSvg({ baseline, candidate, comparison }));
    if (written !== undefined) return fail(ExitCode.failed, written);
  }
  const operators = profilesOf(baseline, candidate);
  const json = { ...comparison, gates: results, ...(operators && { operators }) };
  context.stdout(
    options.json ? `${JSON.stringify(json, undefined, 2)}\n` : comparisonText(comparison, results, operators),
  );
  context.exit(exitCodeOf(comparison, results));
}

/** Undefined where a side was not profiled. */
function profilesOf(baseline: Recording, candidate: Recording): ProfileComparison | undefined {
  return baseline.profile && candidate.profile && compareOperators(baseline.profile, candidate.profile);
}

/** What failed says more than what could not be told. */
function exitCodeOf({ verdict }: Comparison, gates: readonly GateResult[]): ExitCode {
  if (gates.some(({ state }) => state === 'failed')) return ExitCode.failed;
  if (gates.some(({ state }) => state === 'undecided')) return ExitCode.noVerdict;
  const isGiven = verdict !== 'too_few_requests' && verdict !== 'not_comparable';
  return isGiven ? ExitCode.ok : ExitCode.noVerdict;
}

function parseSides(options: CompareOptionValues): Sides | string {
  const [baseline, candidate] = [options.baseline, options.candidate].map(parseSide);
  if (typeof baseline === 'string') return `--baseline ${baseline}`;
  if (typeof candidate === 'string') return `--candidate ${candidate}`;
  if (baseline.kind === 'series') return '--baseline is the name of a baseline or a file, not a series';
  const isTimed = [options.for, options.last, options.from, options.to].some((flag) => flag !== undefined);
  if (isTimed && candidate.kind !== 'series') return 'a time is given, but the candidate is no series';
  return { baseline, candidate };
}

function parseGates({ failOn = [], require = [] }: CompareOptionValues): readonly Gate[] | string {
  const texts = [
    ...failOn.map((text) => ({ text, kind: 'forbids' as const, flag: '--fail-on' })),
    ...require.map((text) => ({ text, kind: 'requires' as const, flag: '--require' })),
  ];
  const gates = texts.map(({ text, kind }) => parseGate(text, kind));
  const wrong = texts[gates.indexOf(undefined)];
  if (wrong !== undefined) return `${wrong.flag} "${wrong.text}" is not ${GATE_RULE}`;
  return gates.filter((gate) => gate !== undefined);
}

/** Undefined: what is wrong was said. */
async function load(
  context: CommandContext,
  side: SideName,
  options: CompareOptionValues,
): Promise<LoadedSide | undefined> {
  if (side.kind === 'file') return loadFile(context, side.path);
  const link = await linkAgent(context, options);
  if (link === undefined) return undefined;
  if (side.kind === 'kept') return loadKept(link, side.name);
  return loadSeries(context, link, side.parameters, options);
}

/** Undefined: it worked. */
async function writePlot(context: CommandContext, path: string, svg: string): Promise<string | undefined> {
  try {
    await context.writeFile(path, svg);
    return undefined;
  } catch (error) {
    return `${path} cannot be written: ${(error as Error).message}`;
  }
}
