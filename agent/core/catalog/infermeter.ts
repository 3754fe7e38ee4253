import { float, integer, type MeasurementSpec, text } from './measurement-spec.ts';

/** Counters end in `_total` and grow from the agent's start. */
export const infermeter = {
  help: 'The agent on itself.',
  tags: {
    component:
      'ingest, forward, window, outbox, exporter, sampler or process; which fields a point has depends on it.',
    source:
      'ingest: where spans came from (report, stream, otlp_grpc, otlp_http), and operators (operator_report).',
    reason:
      'ingest: why spans were rejected or ignored, or messages refused; forward: why exports were dropped.',
    exporter: 'exporter: its name.',
    sampler: 'sampler: its name.',
  },
  fields: {
    spans_received_total: integer(
      '1',
      'ingest: spans in messages that parsed = accepted + duplicate + ignored + rejected.',
    ),
    spans_accepted_total: integer('1', 'ingest: spans counted in a window.'),
    spans_duplicate_total: integer('1', 'ingest: spans of batches that had been counted before.'),
    spans_ignored_total: integer('1', 'ingest: spans that are no requests; a point for each rule.'),
    spans_rejected_total: integer('1', 'ingest: spans refused; a point for each reason.'),
    messages_malformed_total: integer('1', 'ingest: messages refused whole because they did not parse.'),
    messages_discarded_total: integer('1', 'ingest: messages of metrics and logs, taken and discarded.'),
    messages_refused_total: integer(
      '1',
      'ingest: messages refused before their spans were looked at; a point for each reason: too_large, overload, too_many_calls, unauthorized, unsupported_type, not_unpacked.',
    ),
    receiving_bytes: integer('By', 'ingest: memory of gRPC messages that are being received.'),
    spans_waiting: integer('1', 'ingest: requests of OTLP that wait for other spans of their trace.'),
    spans_hurried_total: integer(
      '1',
      'ingest: requests of OTLP counted before they had waited long enough, because too many waited.',
    ),
    client_dropped_total: integer('1', 'ingest: spans that clients say they let go before sending.'),
    profiles_total: integer('1', 'ingest: profiles of operators that were taken.'),
    operators_received_total: integer(
      '1',
      'ingest: operators in messages that parsed = accepted + duplicate + rejected.',
    ),
    operators_accepted_total: integer(
      '1',
      'ingest: operators that count, with a point of their own or in `__other__`.',
    ),
    operators_duplicate_total: integer('1', 'ingest: operators of profiles that had been counted before.'),
    operators_rejected_total: integer('1', 'ingest: operators refused; a point for each reason.'),
    forwarded_total: integer('1', 'forward: OTLP exports that the endpoint took.'),
    forward_failed_total: integer('1', 'forward: OTLP exports that the endpoint refused for good.'),
    forward_dropped_total: integer('1', 'forward: OTLP exports let go before; a point for each reason.'),
    forward_rejected_total: integer(
      '1',
      'forward: spans, data points and log records that the endpoint did not take of exports that it took.',
    ),
    forward_retries_total: integer('1', 'forward: requests that must be repeated.'),
    forward_waiting: integer('1', 'forward: OTLP exports that wait or are under way.'),
    forward_waiting_bytes: integer('By', 'forward: their bytes.'),
    spans_overflowed_total: integer('1', 'window: spans counted in the overflow series.'),
    series: integer('1', 'window: open series.'),
    unwatched_seconds_total: float(
      's',
      'window: time that nobody watched, between the last commit before a restart and the start.',
    ),
    flush_seconds: float('s', 'window: how long the last flush took, its waits for ingest included.'),
    outbox_bytes: integer('By', 'outbox: compressed bytes that wait.'),
    outbox_points: integer('1', 'outbox: points that wait.'),
    outbox_oldest_seconds: float('s', 'outbox: age of the oldest batch that waits.'),
    outbox_remaining_seconds: float(
      's',
      'outbox: how much longer of an outage it can hold at the present rate. Absent without a rate.',
    ),
    points_exported_total: integer('1', 'exporter: points that the other side took.'),
    points_rejected_total: integer('1', 'exporter: points that the other side refused for good.'),
    points_dropped_total: integer('1', 'exporter: points lost because the outbox was full.'),
    exports_total: integer('1', 'exporter: requests sent.'),
    exports_failed_total: integer('1', 'exporter: requests that must be repeated.'),
    export_seconds: float('s', 'exporter: duration of the last request.'),
    waiting_points: integer('1', 'exporter: points it has still to take.'),
    waiting_seconds: float('s', 'exporter: age of the oldest of them.'),
    poll_success: integer('1', 'sampler: 1 if the last reading succeeded, else 0.'),
    poll_seconds: float('s', 'sampler: duration of the last reading.'),
    polls_failed_total: integer('1', 'sampler: readings that failed; nothing was published of them.'),
    poll_failure: text(
      'sampler gpu: class of the present failure: hung, lost, permission, not_installed, driver_mismatch, failed. Absent: none.',
    ),
    gpus: integer('1', 'sampler gpu: GPUs that answered.'),
    gpus_lost: integer('1', 'sampler gpu: GPUs that are there but did not answer.'),
    reader_restarts_total: integer('1', "sampler gpu: how often the reader's process was started again."),
    event_loop_delay_p99_seconds: float(
      's',
      'process: 99th percentile of the event loop’s delay since the last point.',
    ),
    event_loop_delay_max_seconds: float(
      's',
      'process: greatest delay of the event loop since the last point.',
    ),
    cpu_ratio: float('ratio', 'process: CPU since the last point, in cores.'),
    memory_rss_bytes: integer('By', 'process: resident memory.'),
    stopping: integer(
      '1',
      'process: 1 if the agent stops after this point, else 0. Silence after a 1 is no reason for alarm.',
    ),
    uptime_seconds: float('s', 'process: time since the start.'),
  },
} as const satisfies MeasurementSpec;
