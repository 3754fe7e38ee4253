import type { Config } from './config.ts';
import { formatDuration } from './duration.ts';
import { isSecret, maskedText, maskValues } from './masked-text.ts';
import { type Option, options, type Written } from './option-list.ts';
import { nodeAt, originAt, type SourceNode, toPlain } from './source-node.ts';
import { yamlText } from './yaml-text.ts';

/** One key as it is in force. */
export interface EffectiveValue {
  readonly path: readonly string[];
  /** Secrets masked. */
  readonly value: Written;
  /** `default`, `infermeter.yaml:3`, a variable or a flag. */
  readonly origin: string;
}

/** Every key that has a value, in the schema's order. */
export function effectiveValues(config: Config, source: SourceNode): readonly EffectiveValue[] {
  return options.flatMap((option): EffectiveValue[] => {
    const value = derived(option, config) ?? written(option, source);
    const origin = nodeAt(source, option.path) === undefined ? 'default' : originAt(source, option.path);
    return value === undefined ? [] : [{ path: option.path, value: masked(option.path, value), origin }];
  });
}

/** As YAML, each value with where it came from. */
export function effectiveYaml(values: readonly EffectiveValue[]): string {
  const lines: string[] = [];
  let open: readonly string[] = [];
  for (const { path, value, origin } of values) {
    const around = path.slice(0, -1);
    for (const [depth, key] of around.entries()) {
      if (around.slice(0, depth + 1).join('.') === open.slice(0, depth + 1).join('.')) continue;
      lines.push(`${'  '.repeat(depth)}${key}:`);
    }
    lines.push(`${'  '.repeat(around.length)}${path.at(-1)}: ${yamlText(value)}  # ${origin}`);
    open = around;
  }
  return `${lines.join('\n')}\n`;
}

/** What follows from other keys. */
function derived({ path }: Option, config: Config): Written | undefined {
  switch (path.join('.')) {
    case 'windows':
      return config.windowsMs.map(formatDuration);
    case 'exporters.local.enabled':
      return String(config.exporters.local !== undefined);
    default:
      return undefined;
  }
}

function written(option: Option, source: SourceNode): Written | undefined {
  const node = nodeAt(source, option.path);
  return node === undefined ? option.default : (toPlain(node) as Written);
}

function masked(path: readonly string[], value: Written): Written {
  if (typeof value === 'string') return maskedText(path, value);
  return isSecret(path) && !Array.isArray(value) ? maskValues(value as Record<string, Written>) : value;
}
