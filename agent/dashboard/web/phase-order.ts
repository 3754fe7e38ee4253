/** Phases in the order in which a request passes through them; names of one's own follow. */
const ORDER = ['queue', 'preprocess', 'h2d', 'prefill', 'inference', 'decode', 'd2h', 'postprocess'];
/** Times that lie inside other phases, or are not spent one after the other: not to be stacked. */
const DERIVED: ReadonlySet<string> = new Set(['ttft', 'tpot']);

export function sortPhases(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort((a, b) => rankOf(a) - rankOf(b) || a.localeCompare(b));
}

export function isStackable(phase: string): boolean {
  return !DERIVED.has(phase);
}

function rankOf(name: string): number {
  const rank = ORDER.indexOf(name);
  return DERIVED.has(name) ? ORDER.length + 1 : rank < 0 ? ORDER.length : rank;
}
