import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { InfluxqlSeries } from '../servers/influxd.ts';
import { ROOT } from '../source-files.ts';

interface QueryFile {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
  readonly model: {
    readonly query?: string;
    readonly type?: 'reduce' | 'threshold' | 'math';
    readonly expression?: string;
    readonly conditions?: readonly {
      readonly evaluator: { readonly type: string; readonly params: readonly number[] };
    }[];
  };
}

/** A rule as Grafana reads it. */
export interface RuleFile {
  readonly uid: string;
  readonly title: string;
  readonly for: string;
  readonly data: readonly QueryFile[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly dashboardUid: string;
  readonly panelId: number;
}

/** The committed rules. */
export function readRules(): readonly RuleFile[] {
  const text = readFileSync(join(ROOT, 'deploy/grafana/provisioning/alerting/infermeter.yaml'), 'utf8');
  return (parse(text) as { groups: { rules: RuleFile[] }[] }).groups.flatMap(({ rules }) => rules);
}

/** The queries of a rule that go to the store. */
export function storeQueries({
  data,
}: RuleFile): readonly (QueryFile & { readonly model: { readonly query: string } })[] {
  return data.filter(
    (part): part is QueryFile & { model: { query: string } } => part.model.query !== undefined,
  );
}

/** For which labels a rule fires now, as Grafana judges: the last value of each series against the condition. */
export function firing(rule: RuleFile, answers: ReadonlyMap<string, readonly InfluxqlSeries[]>): string[] {
  const condition = rule.data.find(({ refId }) => refId === 'C')?.model;
  const lasts = (refId: string) =>
    new Map((answers.get(refId) ?? []).map((series) => [labelsOf(series), lastOf(series)]));
  const [evaluator] = condition?.conditions?.map((each) => each.evaluator) ?? [];
  const exceptions = lasts('D');
  return [...lasts('A')].flatMap(([labels, value]) => {
    if (value === undefined) return [];
    if (evaluator !== undefined)
      return holds(value, evaluator.type, evaluator.params[0] ?? 0) ? [labels] : [];
    const exception = exceptions.get(labels);
    return exception !== undefined && mathHolds(condition?.expression ?? '', value, exception)
      ? [labels]
      : [];
  });
}

/** `$B < 0.1 && $E < 1` */
function mathHolds(expression: string, b: number, e: number): boolean {
  const match = /^\$B ([<>]) ([\d.]+) && \$E < ([\d.]+)$/.exec(expression);
  if (match === null) throw new Error(`cannot judge ${expression}`);
  return holds(b, match[1] === '<' ? 'lt' : 'gt', Number(match[2])) && e < Number(match[3]);
}

function holds(value: number, type: string, bound: number): boolean {
  return type === 'gt' ? value > bound : value < bound;
}

function labelsOf({ tags = {} }: InfluxqlSeries): string {
  return Object.values(tags).join(' ');
}

function lastOf({ values }: InfluxqlSeries): number | undefined {
  const known = values.map((row) => row[1]).filter((value) => value !== null);
  const last = known.at(-1);
  return last === undefined ? undefined : Number(last);
}
