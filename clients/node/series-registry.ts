/** What identifies a series: requests with the same values share their windows. */
export interface SeriesKey {
  readonly model: string;
  /** The build of the model: fp32, fp16, int8, fp8, int4-awq … The agent says `default` where it is left out. */
  readonly variant?: string | undefined;
  readonly version?: string | undefined;
  /** What is asked of the model: chat, embed, classify … */
  readonly operation?: string | undefined;
  /**
   * Where the requests run: the GPU's uuid (`nvidia-smi -L`), or several joined by a comma (tensor parallel). The agent
   * puts latency and energy together by it; series do not multiply. Sent as the label `gpu`.
   */
  readonly gpu?: string | undefined;
  /** Only labels that the agent's config lists become tags. Never a request, trace or session id. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A series' strings in the order of the wire contract: model, variant, version, operation, then labels. */
export type SeriesStrings = readonly string[];

/** The strings before the labels. */
export const SERIES_FIXED_STRINGS = 4;
const MAX_SERIES = 10_000;
/** The agent's own bound. */
const MAX_PHASES = 64;

/**
 * Gives series and phases their small ids, for as long as the client lives. Bounded, as the agent's tables are.
 * Both methods throw an error that names what is wrong with their argument.
 */
export class SeriesRegistry {
  readonly series: SeriesStrings[] = [];
  readonly phases: string[] = [];
  readonly #idByKey = new Map<string, number>();

  openSeries(key: SeriesKey): number {
    const strings = seriesStrings(key);
    const flat = JSON.stringify(strings);
    const known = this.#idByKey.get(flat);
    if (known !== undefined) return known;
    if (this.series.length === MAX_SERIES) throw new Error(`more than ${MAX_SERIES} series`);
    this.#idByKey.set(flat, this.series.length);
    return this.series.push(strings) - 1;
  }

  openPhase(name: string): number {
    requireString('phases', name);
    if (name === '') throw new TypeError('phases: a name is empty');
    const known = this.phases.indexOf(name);
    if (known !== -1) return known;
    if (this.phases.length === MAX_PHASES) throw new Error(`more than ${MAX_PHASES} phases`);
    return this.phases.push(name) - 1;
  }
}

function seriesStrings(key: SeriesKey): SeriesStrings {
  const { model, variant = '', version = '', operation = '', gpu = '', labels = {} } = key;
  for (const [name, value] of Object.entries({ model, variant, version, operation, gpu }))
    requireString(name, value);
  if (model === '') throw new TypeError('model: must not be empty');
  const all = gpu === '' ? labels : { ...labels, gpu };
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of sorted) requireString(`labels.${name}`, value);
  return [model, variant, version, operation, ...sorted.flat()];
}

function requireString(name: string, value: unknown): void {
  if (typeof value !== 'string') throw new TypeError(`${name}: must be a string, is ${typeof value}`);
}
