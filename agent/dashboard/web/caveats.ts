import type { ComparedVariant } from './comparison.ts';
import { readNumber } from './comparison.ts';
import { formatPercent, formatRate, formatSpan } from './format.ts';

/** Why a column is to be read with care. */
export interface Caveat {
  /** A few words for a badge. */
  readonly text: string;
  /** The sentence behind it. */
  readonly help: string;
}

export interface CaveatContext {
  readonly reference: ComparedVariant;
  /** The newest window's end among all variants, Unix ms. */
  readonly newestMs: number;
  /** How far apart the windows' ends are. */
  readonly hopMs: number;
}

const FEW_REQUESTS = 100;
/** Loads that differ by more than a fifth are not comparable as they stand. */
const COMPARABLE_RATE = 1.2;

/** What a reader must know before believing a column. */
export function caveatsOf(variant: ComparedVariant, context: CaveatContext): readonly Caveat[] {
  return [
    idleCaveat(variant, context),
    coverageCaveat(variant),
    countCaveat(variant),
    loadCaveat(variant, context),
    sharedGpuCaveat(variant),
  ].filter((caveat) => caveat !== undefined);
}

function idleCaveat({ requests }: ComparedVariant, { newestMs, hopMs }: CaveatContext): Caveat | undefined {
  const behindMs = newestMs - requests.time;
  if (behindMs <= hopMs * 1.5) return undefined;
  const span = formatSpan(behindMs);
  return {
    text: `idle ${span}`,
    help: `Its last request was ${span} before the others': older figures are shown.`,
  };
}

function coverageCaveat({ requests }: ComparedVariant): Caveat | undefined {
  const coverage = readNumber(requests, 'coverage_ratio');
  if (coverage === undefined || coverage >= 0.995) return undefined;
  const share = formatPercent(coverage);
  return { text: `${share} watched`, help: `The agent was watching for ${share} of this window only.` };
}

function countCaveat({ requests }: ComparedVariant): Caveat | undefined {
  const count = readNumber(requests, 'requests') ?? 0;
  if (count >= FEW_REQUESTS) return undefined;
  return { text: 'few requests', help: `${count} requests in the window: high percentiles mean little.` };
}

function loadCaveat(variant: ComparedVariant, { reference }: CaveatContext): Caveat | undefined {
  const rates = [variant, reference].map(({ requests }) => readNumber(requests, 'request_rate') ?? 0);
  const [rate, other] = rates;
  if (variant === reference || Math.max(...rates) <= Math.min(...rates) * COMPARABLE_RATE) return undefined;
  const help = `${formatRate(rate)} against ${formatRate(other)}: latency depends on load, so that the difference may not be the variant's.`;
  return { text: 'load differs', help };
}

function sharedGpuCaveat({ gpuUse }: ComparedVariant): Caveat | undefined {
  const exclusive = readNumber(gpuUse, 'exclusive_ratio');
  if (exclusive === undefined || exclusive >= 0.99) return undefined;
  const help = `Alone on the GPU for ${formatPercent(exclusive)} of its busy time: what others took counts in its energy.`;
  return { text: 'shared GPU', help };
}
