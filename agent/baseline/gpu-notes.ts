import type { Point, PointSeries } from '../core/point.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { Followed } from './followed-series.ts';
import type { GpuRecord } from './recording.ts';

/** Requests that ran on several GPUs: one point of all of them together. */
const ALL = 'all';
const SERIES_TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;
/** Records of one series. */
const MAX_RECORDS = 10_000;

type GpuPoint = Extract<Point, { series: PointSeries<'inference_gpu'> }>;

/**
 * What `inference_gpu` said of the series that are followed: of one window alone, at ends that lie a window apart, so
 * that the same joule never counts twice.
 */
export class GpuNotes {
  readonly #window: string;
  readonly #windowMs: number;
  /** By slot, ascending. */
  readonly #records: GpuRecord[][] = [];
  #followed = new WeakMap<PointSeries, Followed>();

  constructor(window: { readonly name: string; readonly windowMs: number }) {
    this.#window = window.name;
    this.#windowMs = window.windowMs;
  }

  /** Points of any measurement that were written. */
  note(points: readonly Point[], followed: readonly Followed[]): void {
    for (const point of points) if (this.#isOurs(point)) this.#keep(point, followed);
  }

  /** A slot belongs to another series now. */
  clearSlot(slot: number): void {
    this.#records[slot] = [];
    this.#followed = new WeakMap();
  }

  forgetBefore(endMs: number): void {
    for (const [slot, records] of this.#records.entries())
      if (records.length > 0 && records[0].endMs < endMs)
        this.#records[slot] = records.filter((record) => record.endMs >= endMs);
  }

  /** Windows that lie within the range. */
  of(slot: number, fromMs: number, toMs: number): readonly GpuRecord[] {
    const records = this.#records[slot] ?? [];
    return records.filter(({ endMs, windowMs }) => endMs - windowMs >= fromMs && endMs <= toMs);
  }

  #isOurs(point: Point): point is GpuPoint {
    const { measurement, tags } = point.series;
    return (
      measurement === 'inference_gpu' &&
      tags['window'] === this.#window &&
      point.timestampMs % this.#windowMs === 0
    );
  }

  #keep({ series, fields, timestampMs: endMs }: GpuPoint, followed: readonly Followed[]): void {
    const owner = this.#followed.get(series) ?? followed.find(({ tags }) => isOf(series.tags, tags));
    if (owner === undefined) return;
    this.#followed.set(series, owner);
    const known = this.#records[owner.slot] ?? [];
    const gpu = series.tags['gpu'] ?? '';
    // The sum stands for its parts.
    const others = gpu === ALL ? known.filter((record) => record.endMs !== endMs) : known;
    const record = { endMs, windowMs: this.#windowMs, gpu, ...figuresOf(fields) };
    this.#records[owner.slot] = [...others.slice(-MAX_RECORDS + 1), record];
  }
}

function isOf(tags: Readonly<Record<string, string>>, series: SeriesTags): boolean {
  return (
    SERIES_TEXTS.every((key) => (tags[key] ?? '') === series[key]) &&
    Object.entries(series.labels).every(([name, value]) => tags[name] === value)
  );
}

/** The points state energy a request and tokens a joule; the sums behind them can be added up. */
function figuresOf(fields: GpuPoint['fields']): Omit<GpuRecord, 'endMs' | 'windowMs' | 'gpu'> {
  const joules = fields.energy_active_joules;
  const each = fields.energy_per_request_joules;
  const perJoule = fields.output_tokens_per_joule;
  return {
    ...(joules !== undefined && { energyActiveJoules: joules }),
    ...(joules !== undefined && each !== undefined && each > 0 && { requests: Math.round(joules / each) }),
    ...(joules !== undefined && perJoule !== undefined && { outputTokens: Math.round(joules * perJoule) }),
    ...given('memoryUsedMaxBytes', fields.memory_used_max_bytes),
    ...given('exclusiveRatio', fields.exclusive_ratio),
    ...given('tensorAnyRatio', fields.tensor_any_ratio),
    ...given('tensorHmmaRatio', fields.tensor_hmma_ratio),
    ...given('tensorImmaRatio', fields.tensor_imma_ratio),
  };
}

function given(name: string, value: number | undefined): object {
  return value === undefined ? {} : { [name]: value };
}
