import type { FieldsOf, Point, PointOf, Tags } from '../core/point.ts';
import { PointSeries } from '../core/point.ts';
import type {
  AgentStatus,
  ExporterStatus,
  ForwardStatus,
  GpuStatus,
  IngestStatus,
  OperatorCounts,
  OutboxStatus,
  SamplerStatus,
  SourceCounts,
} from '../core/status.ts';
import type { ProcessReader } from './process-reader.ts';

/** Turns the agent's status into points of `infermeter`; rates of the process are those since the last call. */
export class SelfPoints {
  readonly #baseTags: Tags;
  readonly #process: ProcessReader;
  readonly #series = new Map<string, PointSeries<'infermeter'>>();
  #lastCpuSeconds = 0;
  #lastUptimeSeconds = 0;

  constructor(baseTags: Tags, process: ProcessReader) {
    this.#baseTags = baseTags;
    this.#process = process;
  }

  /** `isLast`: the agent stops. */
  read(status: AgentStatus, nowMs: number, isLast = false): readonly Point[] {
    const point = (tags: Tags, fields: FieldsOf<'infermeter'>): PointOf<'infermeter'> => ({
      series: this.#seriesOf(tags),
      fields,
      timestampMs: Math.floor(nowMs),
    });
    return [
      ...status.sources.flatMap((counts) => ingestRows(counts).map(([tags, fields]) => point(tags, fields))),
      ...operatorRows(status.operators).map(([tags, fields]) => point(tags, fields)),
      ...waitingRows(status.ingest).map(([tags, fields]) => point(tags, fields)),
      ...forwardRows(status.forward).map(([tags, fields]) => point(tags, fields)),
      point({ component: 'window' }, windowFields(status)),
      ...(status.outbox === undefined ? [] : [point({ component: 'outbox' }, outboxFields(status.outbox))]),
      ...status.exporters.map((e) => point({ component: 'exporter', exporter: e.name }, exporterFields(e))),
      ...status.samplers.map((s) =>
        point({ component: 'sampler', sampler: s.name }, samplerFields(s, status)),
      ),
      point({ component: 'process' }, this.#processFields(isLast)),
    ];
  }

  #seriesOf(tags: Tags): PointSeries<'infermeter'> {
    const key = Object.values(tags).join('\n');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = new PointSeries('infermeter', { ...this.#baseTags, ...tags });
    this.#series.set(key, series);
    return series;
  }

  #processFields(isLast: boolean): FieldsOf<'infermeter'> {
    const uptimeSeconds = this.#process.uptimeSeconds();
    const cpuSeconds = this.#process.cpuSeconds();
    const elapsedSeconds = uptimeSeconds - this.#lastUptimeSeconds;
    const delay = this.#process.eventLoopDelay();
    const fields = {
      event_loop_delay_p99_seconds: delay.p99Seconds,
      event_loop_delay_max_seconds: delay.maxSeconds,
      cpu_ratio: elapsedSeconds > 0 ? (cpuSeconds - this.#lastCpuSeconds) / elapsedSeconds : undefined,
      memory_rss_bytes: this.#process.memoryRssBytes(),
      stopping: isLast ? 1 : 0,
      uptime_seconds: uptimeSeconds,
    };
    this.#lastCpuSeconds = cpuSeconds;
    this.#lastUptimeSeconds = uptimeSeconds;
    return fields;
  }
}

function ingestRows(counts: SourceCounts): [Tags, FieldsOf<'infermeter'>][] {
  const tags = { component: 'ingest', source: counts.source };
  const byReason = (field: 'spans_rejected_total' | 'spans_ignored_total', spans: SourceCounts['rejected']) =>
    Object.entries(spans).map(([reason, count]): [Tags, FieldsOf<'infermeter'>] => [
      { ...tags, reason },
      { [field]: count },
    ]);
  return [
    [
      tags,
      {
        spans_received_total: counts.received,
        spans_accepted_total: counts.accepted,
        spans_duplicate_total: counts.duplicate,
        messages_malformed_total: counts.malformed,
        client_dropped_total: counts.clientDropped,
        messages_discarded_total: counts.discarded,
      },
    ],
    ...byReason('spans_ignored_total', counts.ignored),
    ...byReason('spans_rejected_total', counts.rejected),
  ];
}

/** None before the first profile: most agents get none. */
function operatorRows(counts: OperatorCounts): [Tags, FieldsOf<'infermeter'>][] {
  if (counts.received === 0 && counts.malformed === 0) return [];
  const tags = { component: 'ingest', source: counts.source };
  return [
    [
      tags,
      {
        profiles_total: counts.profiles,
        operators_received_total: counts.received,
        operators_accepted_total: counts.accepted,
        operators_duplicate_total: counts.duplicate,
        messages_malformed_total: counts.malformed,
      },
    ],
    ...Object.entries(counts.rejected).map(([reason, count]): [Tags, FieldsOf<'infermeter'>] => [
      { ...tags, reason },
      { operators_rejected_total: count },
    ]),
  ];
}

function waitingRows(ingest: IngestStatus): [Tags, FieldsOf<'infermeter'>][] {
  const tags = { component: 'ingest' };
  return [
    [
      tags,
      {
        receiving_bytes: ingest.receivingBytes,
        spans_waiting: ingest.waiting,
        spans_hurried_total: ingest.hurried,
      },
    ],
    ...Object.entries(ingest.refused).map(([reason, messages]): [Tags, FieldsOf<'infermeter'>] => [
      { ...tags, reason },
      { messages_refused_total: messages },
    ]),
  ];
}

function forwardRows(forward: ForwardStatus | undefined): [Tags, FieldsOf<'infermeter'>][] {
  if (forward === undefined) return [];
  const tags = { component: 'forward' };
  return [
    [
      tags,
      {
        forwarded_total: forward.forwarded,
        forward_failed_total: forward.failed,
        forward_rejected_total: forward.rejectedItems,
        forward_retries_total: forward.retries,
        forward_waiting: forward.waiting,
        forward_waiting_bytes: forward.waitingBytes,
      },
    ],
    ...Object.entries(forward.dropped).map(([reason, exports]): [Tags, FieldsOf<'infermeter'>] => [
      { ...tags, reason },
      { forward_dropped_total: exports },
    ]),
  ];
}

function windowFields({ window }: AgentStatus): FieldsOf<'infermeter'> {
  return {
    series: window.series,
    spans_overflowed_total: window.overflowedSpans,
    unwatched_seconds_total: window.unwatchedMs / 1000,
    flush_seconds: window.flushMs / 1000,
  };
}

function outboxFields(outbox: OutboxStatus): FieldsOf<'infermeter'> {
  return {
    outbox_bytes: outbox.bytes,
    outbox_points: outbox.points,
    outbox_oldest_seconds: outbox.oldestMs / 1000,
    outbox_remaining_seconds: outbox.remainingSeconds,
  };
}

function exporterFields(exporter: ExporterStatus): FieldsOf<'infermeter'> {
  return {
    exports_total: exporter.exports,
    exports_failed_total: exporter.exportsFailed,
    points_exported_total: exporter.pointsExported,
    points_rejected_total: exporter.pointsRejected,
    points_dropped_total: exporter.pointsDropped,
    export_seconds: exporter.exportMs === undefined ? undefined : exporter.exportMs / 1000,
    waiting_points: exporter.waitingPoints,
    waiting_seconds: exporter.waitingMs / 1000,
  };
}

function samplerFields(sampler: SamplerStatus, { gpu }: AgentStatus): FieldsOf<'infermeter'> {
  return {
    poll_success: sampler.ok ? 1 : 0,
    poll_seconds: sampler.pollMs / 1000,
    polls_failed_total: sampler.pollsFailed,
    ...(sampler.name === 'gpu' && gpuFields(gpu)),
  };
}

function gpuFields({ failure, devices, lost, restarts }: GpuStatus): FieldsOf<'infermeter'> {
  return {
    poll_failure: failure,
    gpus: devices.length,
    gpus_lost: lost.length,
    reader_restarts_total: restarts,
  };
}
