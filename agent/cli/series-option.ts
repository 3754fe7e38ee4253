import type { Command } from 'commander';
import type { SeriesSelector } from '../baseline/series-selector.ts';

const TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;

/** Flags that say which series is meant. */
export interface SeriesOptionValues {
  readonly model?: string;
  readonly variant?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly server?: string;
  readonly label?: readonly string[];
}

export function addSeriesOptions(command: Command): Command {
  return command
    .requiredOption('--model <model>', 'the model')
    .option('--variant <variant>', 'its variant; so with the next four where a model has several series')
    .option('--version <version>', 'its version')
    .option('--operation <operation>', 'what is asked of it')
    .option('--server <server>', 'the kind of server')
    .option('--label <name=value>', 'a label that is a tag; repeatable', collect);
}

/** The series of the flags, or what is wrong with them. */
export function selectorOf(options: SeriesOptionValues): SeriesSelector | string {
  const { model = '', label = [] } = options;
  const given = TEXTS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  const labels = label.map((pair) => /^([^=]+)=(.*)$/s.exec(pair)?.slice(1));
  const wrong = labels.indexOf(undefined);
  if (wrong >= 0) return `--label "${label[wrong]}" is not name=value`;
  return { ...Object.fromEntries(given), model, labels: Object.fromEntries(labels as string[][]) };
}

/** `model=resnet50,variant=int8`; other names are labels. Or what is wrong with it. */
export function parseSelector(text: string): SeriesSelector | string {
  const pairs = text.split(',').map((pair) => /^([^=]+)=(.*)$/s.exec(pair.trim())?.slice(1));
  const wrong = pairs.indexOf(undefined);
  if (wrong >= 0) return `"${text.split(',')[wrong]}" is not name=value`;
  const isText = ([name]: readonly string[]): boolean => TEXTS.some((text) => text === name);
  const texts = (pairs as string[][]).filter(isText);
  const labels = (pairs as string[][]).filter((pair) => !isText(pair));
  const { model = '', ...others } = Object.fromEntries(texts);
  if (model === '') return `"${text}" names no model: model=NAME,variant=NAME`;
  return { ...others, model, labels: Object.fromEntries(labels) };
}

/** As the HTTP interface takes it. */
export function selectorParameters({ labels = {}, ...texts }: SeriesSelector): URLSearchParams {
  const named = Object.entries(labels).map(([name, value]): [string, string] => [`label.${name}`, value]);
  return new URLSearchParams([...Object.entries(texts), ...named]);
}

function collect(pair: string, pairs: readonly string[] = []): readonly string[] {
  return [...pairs, pair];
}
