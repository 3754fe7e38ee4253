type Tags = Readonly<Record<string, string>>;

/** One line of the charts and one column of the table: a series of a model, over all windows and phases. */
export interface Variant {
  /** Short and stable, for the address of a view. */
  readonly key: string;
  readonly tags: Tags;
  /** The variant, with what else tells it from the others shown. */
  readonly label: string;
}

/** Tags of a point that do not tell series of one model apart. */
const SHARED: ReadonlySet<string> = new Set([
  'model',
  'window',
  'phase',
  'gpu',
  'simulated',
  'host',
  'instance',
]);
/** Precise builds first, as what others are compared with; names are matched from their beginning. */
const PRECISION = ['fp64', 'fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'int8', 'fp4', 'int4'];

/** The key of the series that a point belongs to. */
export function variantKey(tags: Tags): string {
  const others = Object.keys(tags).filter((name) => name !== 'variant' && !SHARED.has(name));
  return [tags['variant'] ?? '', ...others.sort().map((name) => `${name}=${tags[name]}`)].join(',');
}

/** Orders the series of a model from precise to coarse, and names each by what tells it apart. */
export function nameVariants(series: ReadonlyMap<string, Tags>): readonly Variant[] {
  const distinct = distinguishingTags([...series.values()]);
  const variants = [...series].map(([key, tags]) => ({ key, tags, label: labelOf(tags, distinct) }));
  return variants.sort((a, b) => rankOf(a) - rankOf(b) || a.label.localeCompare(b.label));
}

function labelOf(tags: Tags, distinct: readonly string[]): string {
  const details = distinct.map((name) => tags[name]).filter((value) => value !== undefined);
  return [tags['variant'] ?? 'default', ...details].join(' · ');
}

function distinguishingTags(all: readonly Tags[]): readonly string[] {
  const names = new Set(all.flatMap((tags) => Object.keys(tags)));
  return [...names].filter(
    (name) => name !== 'variant' && !SHARED.has(name) && new Set(all.map((tags) => tags[name])).size > 1,
  );
}

function rankOf({ tags }: Variant): number {
  const rank = PRECISION.findIndex((name) => tags['variant']?.startsWith(name));
  return rank < 0 ? PRECISION.length : rank;
}
