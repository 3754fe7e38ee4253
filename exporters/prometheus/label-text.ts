import type { SeriesTags } from '../../agent/core/series-tags.ts';

/** Labels that this exposition adds itself. */
const OWN_LABELS: readonly string[] = ['status', 'phase', 'le'];

/** By series, since a scrape needs them many times and the next one again. */
const rendered = new WeakMap<SeriesTags, string>();

/**
 * `model="m",variant="int8"` for a series, ready to stand between braces; tags without a value are left out. Of
 * the characters of a label's name what Prometheus does not allow becomes `_`; a name that is taken already gets
 * `exported_` before it, as Prometheus itself does.
 */
export function labelsOf(tags: SeriesTags): string {
  const known = rendered.get(tags);
  if (known !== undefined) return known;
  const { labels, ...own } = tags;
  const pairs = new Map(Object.entries(own).filter(([, value]) => value !== ''));
  for (const [key, value] of Object.entries(labels)) {
    const name = labelName(key);
    const taken = name in own || pairs.has(name) || OWN_LABELS.includes(name);
    pairs.set(taken ? `exported_${name}` : name, value);
  }
  const text = [...pairs].map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
  rendered.set(tags, text);
  return text;
}

/** Label values of the text format: backslash, quote and newline are escaped. */
export function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
