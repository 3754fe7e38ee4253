import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HistogramTotals, SeriesTotals, TotalsReader } from '../../agent/core/totals.ts';
import { escapeLabel, labelsOf } from './label-text.ts';

/** From a small model on a GPU to a long generation: three buckets a decade. */
export const BOUNDS_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
/** Some 7 MB of text. What does not fit is left out and counted: phases first, then series. */
const MAX_SAMPLES = 60_000;
/** Samples written before other work gets its turn: about a millisecond. */
const TURN_SAMPLES = 1000;
/** Series read before other work gets its turn: about two milliseconds. */
const TURN_SERIES = 50;
const HISTOGRAM_SAMPLES = BOUNDS_SECONDS.length + 3;
const SERIES_SAMPLES = 4 + HISTOGRAM_SAMPLES;

/** The ends of a histogram's lines: `le="0.001"} `. */
const LE = [...BOUNDS_SECONDS.map(String), '+Inf'].map((bound) => `le="${bound}"} `);

/** One metric: what it says of a series, as lines of the text format without their name. */
interface Family {
  readonly name: string;
  readonly type: 'counter' | 'histogram';
  readonly help: string;
  readonly write: (name: string, totals: SeriesTotals, lines: string[]) => void;
}

const FAMILIES: readonly Family[] = [
  {
    name: 'infermeter_requests_total',
    type: 'counter',
    help: 'Requests observed since the series was opened.',
    write: (name, { tags, requests, errors }, lines) => {
      lines.push(`${name}{${labelsOf(tags)},status="ok"} ${requests - errors}\n`);
      lines.push(`${name}{${labelsOf(tags)},status="error"} ${errors}\n`);
    },
  },
  {
    name: 'infermeter_input_tokens_total',
    type: 'counter',
    help: 'Input tokens of the requests that state them.',
    write: (name, { tags, inputTokens }, lines) => {
      if (inputTokens > 0) lines.push(`${name}{${labelsOf(tags)}} ${inputTokens}\n`);
    },
  },
  {
    name: 'infermeter_output_tokens_total',
    type: 'counter',
    help: 'Output tokens of the requests that state them.',
    write: (name, { tags, outputTokens }, lines) => {
      if (outputTokens > 0) lines.push(`${name}{${labelsOf(tags)}} ${outputTokens}\n`);
    },
  },
  {
    name: 'infermeter_request_duration_seconds',
    type: 'histogram',
    help: 'Latency of the successful requests.',
    write: (name, { tags, latency }, lines) => writeHistogram(name, labelsOf(tags), latency, lines),
  },
  {
    name: 'infermeter_phase_duration_seconds',
    type: 'histogram',
    help: 'Duration of a phase of the successful requests.',
    write: (name, { tags, phases }, lines) => {
      for (const [phase, histogram] of Object.entries(phases)) {
        writeHistogram(name, `${labelsOf(tags)},phase="${escapeLabel(phase)}"`, histogram, lines);
      }
    },
  },
];

/**
 * The requests of every series as counters and histograms that only grow. Written here and not by prom-client,
 * which renders a metric in one go and so would hold the event loop for as long as all its series take.
 */
export async function writeRequestMetrics(totals: TotalsReader): Promise<string> {
  const { series, omittedSeries, omittedPhases } = selectSeries(await readSeries(totals));
  const text: string[] = [];
  for (const family of FAMILIES) await writeFamily(family, series, text);
  text.push(
    gauge('infermeter_omitted_series', 'Series left out of this scrape: too many.', omittedSeries),
    gauge('infermeter_omitted_phases', 'Phases of series left out of this scrape: too many.', omittedPhases),
  );
  return text.join('');
}

async function writeFamily(family: Family, series: readonly SeriesTotals[], text: string[]): Promise<void> {
  const { name, type, help, write } = family;
  let lines = [`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`];
  for (const one of series) {
    write(name, one, lines);
    if (lines.length < TURN_SAMPLES) continue;
    text.push(lines.join(''));
    lines = [];
    await nextTurn();
  }
  text.push(lines.join(''));
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}

interface Selection {
  readonly series: readonly SeriesTotals[];
  readonly omittedSeries: number;
  readonly omittedPhases: number;
}

async function readSeries(totals: TotalsReader): Promise<readonly SeriesTotals[]> {
  const all: SeriesTotals[] = [];
  for (const one of totals.readTotals(BOUNDS_SECONDS)) {
    all.push(one);
    if (all.length % TURN_SERIES === 0) await nextTurn();
  }
  return all;
}

function selectSeries(all: readonly SeriesTotals[]): Selection {
  const kept = all.slice(0, Math.floor(MAX_SAMPLES / SERIES_SAMPLES));
  let room = MAX_SAMPLES - kept.length * SERIES_SAMPLES;
  let omittedPhases = 0;
  const series = kept.map((one) => {
    const phases = Object.keys(one.phases).length;
    room -= phases * HISTOGRAM_SAMPLES;
    if (room >= 0) return one;
    omittedPhases += phases;
    return { ...one, phases: {} };
  });
  return { series, omittedSeries: all.length - kept.length, omittedPhases };
}

function writeHistogram(name: string, labels: string, histogram: HistogramTotals, lines: string[]): void {
  const { buckets, count, sumSeconds } = histogram;
  const start = `${name}_bucket{${labels},`;
  for (let i = 0; i < buckets.length; i++) lines.push(`${start}${LE[i]}${buckets[i]}\n`);
  lines.push(`${start}${LE[buckets.length]}${count}\n`);
  lines.push(`${name}_sum{${labels}} ${sumSeconds}\n${name}_count{${labels}} ${count}\n`);
}
