/**
 * Base units, as in the fields' suffixes; `1` is a plain count or index, `text` no quantity. The second line is for
 * `nvidia_smi*` alone, which keep Telegraf's units.
 */
export type Unit =
  | ('s' | 'By' | 'J' | 'ratio' | '1' | '1/s' | '1/J' | 'text')
  | ('%' | 'MiB' | 'MHz' | 'Cel' | 'W' | 'kB/s' | 'us');

interface FieldSpec {
  /** As InfluxDB types it. A field never changes its type: the store would refuse the point. */
  readonly type: 'float' | 'integer' | 'string' | 'boolean';
  readonly unit: Unit;
  /** One sentence for docs/metrics.md and dashboards; says when the field is absent. */
  readonly help: string;
}

export interface MeasurementSpec {
  readonly help: string;
  /** Beside the base tags (`host`, `instance` and the config's `tags`), which stand on every point. */
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

/** Tags of every point. */
export const baseTags = {
  host: 'The machine: NODE_NAME or the host name.',
  instance: 'The agent: the pod name or host name, with ":port" where the gRPC port is not the default.',
} as const;

export const seriesTags = {
  model: 'The model. `__overflow__` gathers the series beyond the bound.',
  variant:
    'The build of the model: fp32, fp16, int8, fp8, int4-awq …; `default` where the sender does not say.',
  version: "The model's version, where given.",
  operation: 'What was asked of the model (chat, embed, …), where given.',
  server: 'The kind of server, where it is not our own protocol: vllm, triton, ….',
} as const;

export const windowTag = {
  window:
    'Length of the window in canonical form: 10s, 1m, 5m. Only the shortest one may be summed over time.',
} as const;

export function float(unit: Unit, help: string): { type: 'float'; unit: Unit; help: string } {
  return { type: 'float', unit, help };
}

export function integer(unit: Unit, help: string): { type: 'integer'; unit: Unit; help: string } {
  return { type: 'integer', unit, help };
}

export function text(help: string): { type: 'string'; unit: 'text'; help: string } {
  return { type: 'string', unit: 'text', help };
}
