import { z } from 'zod';
import { baseline } from './baseline-schema.ts';
import { exporters } from './exporters-schema.ts';
import { forward } from './forward-schema.ts';
import { gpu } from './gpu-schema.ts';
import { listen } from './listen-schema.ts';
import { match } from './match-schema.ts';
import { byteSize, choice, duration, integer, list, MAX_PATH, map, section, text } from './option.ts';
import { scrape } from './scrape-schema.ts';

const slo = list(
  'Objectives of latency, of time to first token, or both; `slo_ratio` is the share of requests that succeeded within theirs.',
  z.strictObject({
    model: text('The model.', { max: 256 }),
    variant: text('Its variant; absent: all that have no objective of their own.', { max: 256 }).optional(),
    latency: duration('The longest good latency.', { min: '1ms', max: '1h' }).optional(),
    ttft: duration('The longest good time to first token.', { min: '1ms', max: '1h' }).optional(),
  }),
  { max: 200, takes: 'entries {model, variant, latency, ttft}' },
);

const watch = section(
  { help: 'The process of the inference server, read from /proc: pid or name.' },
  {
    pid: integer('Process id of the inference server.', {
      min: 1,
      max: 4_194_304,
      example: '4242',
    }).optional(),
    name: text(
      'Name of its process as in /proc/PID/comm, or the base name of its program; all that match are summed.',
      {
        max: 256,
        example: 'python3',
      },
    ).optional(),
  },
).prefault({});

const log = section(
  { help: "The agent's own log, on standard error." },
  {
    level: choice('The least severe level that is logged.', ['debug', 'info', 'warn', 'error']).prefault(
      'info',
    ),
    format: choice('How the log is written: `json` for machines, `pretty` for eyes.', [
      'json',
      'pretty',
    ]).prefault('json'),
  },
).prefault({});

const limits = section(
  { help: 'What bounds the agent. Whatever is beyond is refused or dropped, and counted.' },
  {
    series: integer('Series open at a time; spans of further ones count in `__overflow__`.', {
      min: 1,
      max: 100_000,
    }).prefault('2000'),
    message_bytes: byteSize('One gRPC message, or one body of OTLP/HTTP, packed or not.', {
      min: '64KiB',
      max: '64MiB',
    }).prefault('4MiB'),
    label_bytes: byteSize('A model, variant, version, operation or label, in UTF-8.', {
      min: '16B',
      max: '4KiB',
    }).prefault('256B'),
    operators: integer(
      'Operators of a profile, on each device, that have points of their own; `__other__` sums up the rest.',
      { min: 1, max: 1000 },
    ).prefault('50'),
    streams: integer('gRPC calls open at a time.', { min: 1, max: 100_000 }).prefault('1000'),
    outbox_bytes: byteSize('Points that wait on disk for a store that is away; the oldest go first.', {
      min: '1MiB',
      max: '1TiB',
    }).prefault('256MiB'),
  },
).prefault({});

/** The one source of keys, defaults, bounds and documentation. Input is text throughout; output has base units. */
export const schema = z.strictObject({
  interval: duration(
    'Length of a slice, and how often points are written. Slices are aligned to the epoch, so that replicas agree.',
    { min: '1s', max: '10m' },
  ).prefault('10s'),
  windows: list(
    'Rolling windows, multiples of the interval; of the default those that are. The interval itself is always one, the only one that may be summed.',
    duration('A window.', { min: '1s', max: '1d' }),
    { max: 6, takes: 'durations, each a multiple of the interval' },
  ).prefault(['10s', '1m', '5m']),
  lateness: duration('How long after its completion a span may arrive and still count.', {
    min: '0s',
    max: '1h',
  }).prefault('30s'),
  histogram: choice(
    'Bounds an octave of `inference_histogram`, from which percentiles over a fleet are computed: the same in all its agents. 4 costs 82 lines a minute for each model and variant and is off by 20 % at most, 8 costs 162 and 10 %. auto: 4 where points go to a store that agents share; off beside the local history alone.',
    ['auto', '4', '8', 'off'],
  ).prefault('auto'),
  tags: map('Tags on every point.', text('A tag.', { max: 256 }), {
    takes: 'a map of at most 16 tags, such as {zone: a}',
  }).prefault({}),
  instance: text(
    "The tag `instance`, which keeps replicas apart. auto: the pod's name, else the host's, with the gRPC port unless it is 4317.",
    { max: 256 },
  ).prefault('auto'),
  data_dir: text('Where outbox, checkpoint, local history and baselines live. One agent a directory.', {
    max: MAX_PATH,
  }).prefault('./infermeter-data'),
  listen,
  slo: slo.prefault([]),
  match: match.prefault([]),
  watch,
  gpu,
  baseline,
  scrape: scrape.prefault([]),
  labels: list(
    'Span labels, and keys of OTEL_RESOURCE_ATTRIBUTES, that become tags. Every value of one is a series of its own.',
    text('A label.', { max: 64 }),
    { max: 16, takes: 'labels' },
  ).prefault([]),
  log,
  limits,
  forward,
  exporters,
});

export type ParsedConfig = z.output<typeof schema>;
