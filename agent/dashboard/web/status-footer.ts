import type {
  ExporterAnswer,
  IngestAnswer,
  OutboxAnswer,
  SourceAnswer,
  StatusAnswer,
} from './api-answers.ts';
import { create, render } from './dom.ts';
import { formatBytes, formatNumber, formatPercent, formatSpan } from './format.ts';

/** One fact about the agent: a term, its value, and whether it is as it should be. */
interface Fact {
  readonly term: string;
  readonly text: string;
  readonly help?: string;
  readonly state: 'good' | 'bad' | 'plain';
}

/** The agent's own state in one row. */
export function showFooter(element: HTMLElement, status: StatusAnswer): void {
  const facts: readonly Fact[] = [
    {
      term: 'infermeter',
      text: `${status.version} on ${status.instance}, up ${uptimeOf(status)}`,
      state: 'plain',
    },
    spansFact(status.sources),
    ...(status.ingest === undefined ? [] : ingestFacts(status.ingest)),
    {
      term: 'series',
      text: `${status.window.series} of ${formatNumber(status.window.maxSeries)}`,
      ...overflowOf(status),
    },
    ...status.exporters.map(exporterFact),
    ...(status.outbox === undefined ? [] : [outboxFact(status.outbox)]),
    ...status.samplers.filter(({ ok }) => !ok).map(samplerFact),
    gpuFact(status),
    recordingFact(status.baseline),
  ];
  render(element, create('dl', {}, ...facts.map(createFact)));
}

/** What is recorded for baselines, and what of it was let go. */
function recordingFact({
  followed,
  unfollowed,
  bytes,
  droppedSlices,
  baselines,
}: StatusAnswer['baseline']): Fact {
  const parts = [
    `${followed} series, ${formatBytes(bytes)}`,
    ...(baselines > 0 ? [`${baselines} ${baselines === 1 ? 'baseline' : 'baselines'}`] : []),
    ...(unfollowed > 0 ? [`${formatNumber(unfollowed)} series are not`] : []),
    ...(droppedSlices > 0 ? [`${formatNumber(droppedSlices)} s let go for want of room`] : []),
  ];
  const help =
    'Second by second, for baselines and comparisons: baseline.series, baseline.keep, baseline.max_bytes';
  return { term: 'recorded', text: parts.join(', '), help, state: 'plain' };
}

function createFact({ term, text, help, state }: Fact): HTMLElement {
  return create('div', { class: state, title: help }, create('dt', {}, term), create('dd', {}, text));
}

function uptimeOf({ nowMs, startedMs }: StatusAnswer): string {
  return formatSpan(nowMs - startedMs);
}

function spansFact(sources: readonly SourceAnswer[]): Fact {
  const total = (count: (source: SourceAnswer) => number): number =>
    sources.reduce((sum, source) => sum + count(source), 0);
  const refused = total((source) => sumOf(source.rejected) + source.malformed);
  const ignored = total((source) => sumOf(source.ignored));
  const dropped = total((source) => source.clientDropped);
  const parts = [
    `${formatNumber(total((source) => source.accepted))} accepted`,
    ...(ignored > 0 ? [`${formatNumber(ignored)} no requests`] : []),
    ...(refused > 0 ? [`${formatNumber(refused)} refused`] : []),
    ...(dropped > 0 ? [`${formatNumber(dropped)} dropped by clients`] : []),
  ];
  const last = sources
    .map((source) => source.lastRejection)
    .filter((one) => one !== undefined)
    .at(-1);
  const help = last === undefined ? {} : { help: `Last refusal: ${last.reason}, ${last.detail}` };
  return { term: 'spans', text: parts.join(', '), state: refused + dropped > 0 ? 'bad' : 'plain', ...help };
}

/** What waits, or was refused unread, where there is anything of it. */
function ingestFacts({ refused, waiting, hurried }: IngestAnswer): readonly Fact[] {
  const facts: Fact[] = [];
  if (waiting + hurried > 0) {
    const early = hurried === 0 ? '' : `, ${formatNumber(hurried)} counted too early`;
    facts.push({
      term: 'waiting',
      text: `${formatNumber(waiting)} requests${early}`,
      help: 'Requests that wait for other spans of their trace; too early, because too many wait, some count twice',
      state: hurried === 0 ? 'plain' : 'bad',
    });
  }
  const messages = sumOf(refused);
  if (messages > 0) {
    const reasons = Object.entries(refused).map(([reason, count]) => `${reason}: ${formatNumber(count)}`);
    const text = `${formatNumber(messages)} refused`;
    facts.push({ term: 'messages', text, help: reasons.join(', '), state: 'bad' });
  }
  return facts;
}

/** All spans that were refused, whatever the reason. */
export function sumOf(rejected: Readonly<Record<string, number>>): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0);
}

function overflowOf({ window }: StatusAnswer): Pick<Fact, 'state' | 'help'> {
  if (window.overflowedSpans === 0) return { state: 'plain' };
  return { state: 'bad', help: `${formatNumber(window.overflowedSpans)} spans of series beyond the bound` };
}

function exporterFact(exporter: ExporterAnswer): Fact {
  const { name, state, reason, waitingPoints, waitingMs } = exporter;
  const waiting =
    waitingPoints === 0 ? '' : `, ${formatNumber(waitingPoints)} points wait ${formatSpan(waitingMs)}`;
  const lost = exporter.pointsDropped + exporter.pointsRejected;
  const losses = lost === 0 ? '' : `, ${formatNumber(lost)} lost`;
  const isWell = (state === 'ok' || state === 'idle') && lost === 0;
  const help = reason === undefined ? {} : { help: reason };
  return { term: name, text: `${state}${waiting}${losses}`, state: isWell ? 'good' : 'bad', ...help };
}

function outboxFact({ bytes, maxBytes, remainingSeconds }: OutboxAnswer): Fact {
  const left = remainingSeconds === undefined ? '' : `, holds ${formatSpan(remainingSeconds * 1000)} more`;
  const share = bytes / maxBytes;
  const text = `${formatBytes(bytes)} (${formatPercent(share)})${left}`;
  return { term: 'outbox', text, state: share > 0.5 ? 'bad' : 'plain', help: 'Points that wait for a store' };
}

function samplerFact({ name, reason }: StatusAnswer['samplers'][number]): Fact {
  return { term: name, text: reason ?? 'no reading', state: 'bad' };
}

function gpuFact({ gpu }: StatusAnswer): Fact {
  const { source, reason, failure, lost } = gpu;
  if (source === 'none') return { term: 'GPU', text: reason, state: 'plain' };
  if (failure !== undefined)
    return { term: 'GPU', text: `${source}: ${failure}`, help: reason, state: 'bad' };
  const missing = lost.length === 0 ? '' : `, ${lost.length} lost`;
  return {
    term: 'GPU',
    text: `${source}${missing}`,
    help: reason,
    state: lost.length === 0 ? 'good' : 'bad',
  };
}
