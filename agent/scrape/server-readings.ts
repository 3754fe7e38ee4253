import type { Labels, Sample } from './exposition-parser.ts';
import type { SampleSink } from './exposition-reader.ts';
import type { MetricRule, Quantity, ServerMetrics } from './server-metrics.ts';

export type Quantities = ReadonlyMap<Quantity, number>;

/** What one reading says of one model. */
export interface ModelReading {
  /** Empty: the server names none. */
  readonly model: string;
  readonly version: string;
  readonly quantities: Quantities;
}

/** Models of one endpoint; what is said of further ones is left out. */
const MAX_MODELS = 64;
/** Samples that are kept, of all models. */
const MAX_SAMPLES = 20_000;

/** Where a metric's name stands in the table. */
interface Place {
  readonly rule: MetricRule;
  /** Of the name among the rule's: 0 is the newest. */
  readonly age: number;
}

/** The samples of one rule and name: by labels, replicas folded. */
type Cell = Map<string, number>;

interface ModelCells {
  readonly model: string;
  readonly version: string;
  readonly cells: Map<Place, Cell>;
}

/** Gathers the samples of one reading by model and quantity. */
export class ServerReadings implements SampleSink {
  readonly #table: ServerMetrics;
  /** Absent: every model. */
  readonly #model: string | undefined;
  readonly #places = new Map<string, Place[]>();
  readonly #models = new Map<string, ModelCells>();
  readonly #otherModels = new Set<string>();
  #samples = 0;
  #leftOut = 0;

  constructor(table: ServerMetrics, model: string | undefined) {
    this.#table = table;
    this.#model = model;
    for (const rule of table.rules)
      for (const [age, name] of rule.names.entries())
        this.#places.set(name, [...(this.#places.get(name) ?? []), { rule, age }]);
  }

  /** Samples beyond the bounds of models and samples. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Some of the models that the config does not ask for. */
  get otherModels(): readonly string[] {
    return [...this.#otherModels];
  }

  wants(name: string): boolean {
    return this.#places.has(name);
  }

  take({ name, labels, value }: Sample): void {
    // Not a number, or the −1 that stands for a feature that is off: unknown.
    if (!Number.isFinite(value) || value < 0) return;
    const model = this.#modelOf(labels);
    const cells = model === undefined ? undefined : this.#cellsOf(model, labels);
    for (const place of cells === undefined ? [] : (this.#places.get(name) ?? [])) {
      if (!counts(place.rule, labels)) continue;
      const cell = cells?.get(place) ?? new Map<string, number>();
      const group = this.#group(labels);
      cell.set(group, Math.max(value, cell.get(group) ?? 0));
      cells?.set(place, cell);
    }
  }

  /** Every model of which anything is known. */
  models(): readonly ModelReading[] {
    return [...this.#models.values()]
      .filter(({ cells }) => cells.size > 0)
      .map(({ model, version, cells }) => ({
        model,
        version,
        quantities: quantitiesOf(this.#table.rules, cells),
      }));
  }

  /** Undefined: one that the config does not ask for. */
  #modelOf(labels: Labels): string | undefined {
    const { modelLabel } = this.#table;
    if (modelLabel === undefined) return this.#model ?? '';
    const model = labels.get(modelLabel) ?? '';
    if (this.#model === undefined || model === this.#model) return model;
    if (this.#otherModels.size < 5) this.#otherModels.add(model);
    return undefined;
  }

  #cellsOf(model: string, labels: Labels): ModelCells['cells'] | undefined {
    const { versionLabel } = this.#table;
    const version = (versionLabel && labels.get(versionLabel)) ?? '';
    const key = JSON.stringify([model, version]);
    const known = this.#models.get(key);
    if (this.#samples >= MAX_SAMPLES || (known === undefined && this.#models.size >= MAX_MODELS)) {
      this.#leftOut++;
      return undefined;
    }
    this.#samples++;
    if (known !== undefined) return known.cells;
    const added: ModelCells = { model, version, cells: new Map() };
    this.#models.set(key, added);
    return added.cells;
  }

  /** The same for the replicas of one series. */
  #group(labels: Labels): string {
    const { replicaLabels = [] } = this.#table;
    return JSON.stringify([...labels].filter(([name]) => !replicaLabels.includes(name)));
  }
}

/** Whether the rule asks for a sample with these labels. */
function counts({ only, except }: MetricRule, labels: Labels): boolean {
  if (only !== undefined && !only.values.includes(labels.get(only.label) ?? '')) return false;
  return except === undefined || !except.values.includes(labels.get(except.label) ?? '');
}

function quantitiesOf(rules: readonly MetricRule[], cells: ReadonlyMap<Place, Cell>): Quantities {
  const places = [...cells.keys()].sort((a, b) => a.age - b.age);
  const found = new Map<Quantity, number>();
  for (const rule of rules) {
    const place = places.find((candidate) => candidate.rule === rule);
    const cell = place && cells.get(place);
    if (cell !== undefined) found.set(rule.quantity, combine(rule, [...cell.values()]));
    else if (rule.shownLate) found.set(rule.quantity, 0);
  }
  return found;
}

function combine({ across, scale = 1 }: MetricRule, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  return (across === 'mean' ? sum / values.length : sum) * scale;
}
