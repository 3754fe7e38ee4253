import type { ComparedSide } from './comparison.ts';
import { percent, sizeText } from './figure-text.ts';
import { type LoadMatch, matchLoad } from './load-match.ts';
import type { Shortfall } from './measured-pair.ts';
import { MIN_SLICES, type Recording } from './recording.ts';
import { MIN_VALUES, type SamplePair } from './request-pairs.ts';
import { wholeSample } from './statistics/sample.ts';
import { findWorkDifference } from './work-difference.ts';

/** Rates that are alike, but differ by more than this, are told. */
const WORTH_TELLING = 1.05;
const OTHER_MIX: Shortfall = {
  verdict: 'not_comparable',
  reason: 'the load changes differently, and what GPUs take is not known by its levels',
};

/** Which slices of two sides may be held against each other, and what stands against a verdict. */
export interface Comparability {
  /** Slices of like load; all of them where a shortfall says that there are too few. */
  readonly compared: SamplePair;
  /** A clause on how alike the loads are. */
  readonly load: string;
  readonly shortfall: Shortfall | undefined;
  /** Of figures that are known of whole sides only. */
  readonly shortfallOfWholes: Shortfall | undefined;
}

/** The sides of a comparison as wholes. */
export interface Sides {
  readonly baseline: ComparedSide;
  readonly candidate: ComparedSide;
}

/** Holds length, load and work of both sides against each other. */
export function judgeComparability(baseline: Recording, candidate: Recording, sides: Sides): Comparability {
  const short = findShortSide(baseline, candidate);
  const match = short ? undefined : matchLoad(baseline, candidate);
  if (!match) {
    const wholes = { baseline: wholeSample(baseline.slices), candidate: wholeSample(candidate.slices) };
    const shortfall = short ?? differs(loadDifference(sides));
    return { compared: wholes, load: '', shortfall, shortfallOfWholes: shortfall };
  }
  const work = findWorkDifference(match.baseline, match.candidate);
  const shortfall = work === undefined ? undefined : differs(work);
  const shortfallOfWholes = shortfall ?? (match.sameMix ? undefined : OTHER_MIX);
  return { compared: match, load: describeLoad(match, sides), shortfall, shortfallOfWholes };
}

function differs(reason: string): Shortfall {
  return { verdict: 'not_comparable', reason };
}

function findShortSide(baseline: Recording, candidate: Recording): Shortfall | undefined {
  return shortfallOf('baseline', baseline) ?? shortfallOf('candidate', candidate);
}

function shortfallOf(side: keyof Sides, { slices }: Recording): Shortfall | undefined {
  const verdict = 'too_few_requests';
  if (slices.length < MIN_SLICES) {
    return { verdict, reason: `slices of the ${side}: ${slices.length} of at least ${MIN_SLICES}` };
  }
  const requests = slices.reduce((sum, slice) => sum + (slice.latency?.count ?? 0), 0);
  if (requests >= MIN_VALUES) return undefined;
  return { verdict, reason: `successful requests of the ${side}: ${requests} of at least ${MIN_VALUES}` };
}

function describeLoad(match: LoadMatch, sides: Sides): string {
  if (match.share < 1) return `at like load (${percent(match.share)} of the requests)`;
  if (match.load === 'concurrency') return 'concurrency alike';
  const ratio = sides.candidate.requestRate / sides.baseline.requestRate;
  return Math.max(ratio, 1 / ratio) > WORTH_TELLING ? `load about alike (${ratesText(sides)})` : 'load alike';
}

function loadDifference(sides: Sides): string {
  const { baseline, candidate } = sides;
  const running = `${sizeText(baseline.concurrencyMean)} → ${sizeText(candidate.concurrencyMean)} at once`;
  return `load differs (${ratesText(sides)}, ${running})`;
}

function ratesText({ baseline, candidate }: Sides): string {
  return `${sizeText(baseline.requestRate)} → ${sizeText(candidate.requestRate)} requests/s`;
}
