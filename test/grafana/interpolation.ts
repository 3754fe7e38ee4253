import type { VariableFile } from './grafana-board.ts';

/** What a user chose, by variable: all, or these values. */
export type Choice = Readonly<Record<string, 'all' | readonly string[]>>;

export interface Scope {
  readonly fromMs: number;
  readonly toMs: number;
  /** What `$__interval` becomes. */
  readonly step: string;
}

/**
 * A query as Grafana sends it: `$timeFilter` and `$__interval` as its InfluxDB data source replaces them, and
 * `${name:regex}` as its template service does. Throws where something is left.
 */
export function interpolate(
  query: string,
  variables: readonly VariableFile[],
  choice: Choice,
  { fromMs, toMs, step }: Scope,
): string {
  const filled = query.replace(
    /\$\{(\w+):regex\}|\$(?!__|timeFilter)(\w+)/g,
    (_, regex?: string, plain?: string) => {
      const name = regex ?? plain ?? '';
      const variable = variables.find((candidate) => candidate.name === name);
      if (variable === undefined) throw new Error(`there is no variable ${name}: ${query}`);
      return regex === undefined ? plainValue(variable, choice) : regexValue(variable, choice);
    },
  );
  const sent = filled
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll('$__interval', step);
  if (/\$(?!\/)/.test(sent)) throw new Error(`not everything is interpolated: ${sent}`);
  return sent;
}

/** `regex`: each value escaped; several as a group; all as the variable says. */
function regexValue({ name, allValue }: VariableFile, choice: Choice): string {
  const chosen = choice[name] ?? 'all';
  if (chosen === 'all') return allValue ?? fail(name);
  const escaped = chosen.map((value) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&'));
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

function plainValue({ name, multi, current }: VariableFile, choice: Choice): string {
  const chosen = choice[name];
  if (multi) return fail(name);
  return chosen === undefined || chosen === 'all'
    ? (current?.value ?? fail(name))
    : (chosen[0] ?? fail(name));
}

function fail(name: string): never {
  throw new Error(`variable ${name} cannot stand here`);
}
