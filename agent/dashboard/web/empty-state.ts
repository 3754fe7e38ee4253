import type { SourceAnswer, StatusAnswer } from './api-answers.ts';
import { create, render } from './dom.ts';
import { formatClock, formatNumber } from './format.ts';
import { sumOf } from './status-footer.ts';

/** What stands in place of the figures while there are none: what came in, what was wrong with it, how to send. */
export function showEmptyState(element: HTMLElement, status: StatusAnswer): void {
  const received = status.sources.reduce((sum, source) => sum + source.received + source.malformed, 0);
  const address = status.listen['grpc'] ?? 'the address of listen.grpc';
  const title = received === 0 ? 'No spans yet' : 'No request in the windows';
  const lead =
    received === 0
      ? 'The agent is running and waits for the first span.'
      : 'Something arrived, but no request that completed lately was counted.';
  render(
    element,
    create('h2', {}, title),
    create('p', {}, lead),
    ...(status.sources.length === 0 ? [] : [createSources(status.sources)]),
    create(
      'p',
      {},
      'Send spans by gRPC to ',
      create('code', {}, address),
      socketHint(status),
      '. In Node, from a checkout:',
    ),
    create('pre', { tabindex: '0' }, snippetFor(address)),
  );
}

function socketHint({ listen }: StatusAnswer): HTMLElement | string {
  const socket = listen['socket'];
  return socket === undefined || socket === '' ? '' : create('span', {}, ' or ', create('code', {}, socket));
}

/** What became of what each source sent. */
function createSources(sources: readonly SourceAnswer[]): HTMLElement {
  return create('ul', { class: 'sources' }, ...sources.map(createSource));
}

function createSource(source: SourceAnswer): HTMLElement {
  const reasons = reasonsOf(source.rejected);
  const rejected = `${formatNumber(sumOf(source.rejected))} rejected`;
  const ignored = `${formatNumber(sumOf(source.ignored))} no requests`;
  const counts = [
    `${formatNumber(source.received)} spans received`,
    `${formatNumber(source.accepted)} accepted`,
    ...(source.duplicate > 0 ? [`${formatNumber(source.duplicate)} duplicate`] : []),
    ...(sumOf(source.ignored) > 0 ? [`${ignored} (${reasonsOf(source.ignored)})`] : []),
    reasons === '' ? rejected : `${rejected} (${reasons})`,
    ...(source.malformed > 0 ? [`${formatNumber(source.malformed)} messages malformed`] : []),
    ...(source.clientDropped > 0 ? [`${formatNumber(source.clientDropped)} dropped by clients`] : []),
  ];
  const last = source.lastRejection;
  const reason =
    last === undefined
      ? undefined
      : create(
          'p',
          { class: 'refusal' },
          `Last refusal, at ${formatClock(last.atMs, true)}: ${last.reason}, ${last.detail}`,
        );
  return create('li', {}, create('b', {}, source.source), `: ${counts.join(' · ')}`, reason);
}

/** Needs nothing but the packages that the agent itself has. */
function snippetFor(address: string): string {
  return `import grpc from '@grpc/grpc-js'; import { loadSync } from '@grpc/proto-loader';
const { infermeter } = grpc.loadPackageDefinition(loadSync('proto/infermeter/v1/span_service.proto'));
const spans = new infermeter.v1.SpanService('${address}', grpc.credentials.createInsecure());
const span = { model: 'resnet50', variant: 'int8', startUnixNano: \`\${Date.now()}000000\`, durationNano: 4200000 };
spans.Report({ spans: [span] }, (error, ack) => console.log(error ?? ack));`;
}

function reasonsOf(spans: Readonly<Record<string, number>>): string {
  return Object.entries(spans)
    .map(([reason, count]) => `${reason} ${formatNumber(count)}`)
    .join(', ');
}
