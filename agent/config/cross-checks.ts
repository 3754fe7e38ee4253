import { catalog } from '../core/catalog/catalog.ts';
import { baseTags, type MeasurementSpec } from '../core/catalog/measurement-spec.ts';
import { isLoopback, parseListenAddress } from '../core/listen-address.ts';
import type { Conflict } from './conflict.ts';
import { formatDuration } from './duration.ts';
import { forwardConflicts } from './forward-checks.ts';
import { matchConflicts } from './match-checks.ts';
import type { ParsedConfig } from './schema.ts';
import { scrapeConflicts } from './scrape-checks.ts';
import type { KeyPath } from './source-node.ts';
import { effectiveWindowsMs, MAX_RING_SLICES, ringSlices } from './windows.ts';

/** What no key can be judged for alone. `windowsChosen`: the windows are no default. */
export function findConflicts(parsed: ParsedConfig, windowsChosen: boolean): readonly Conflict[] {
  return [
    ...windowConflicts(parsed, windowsChosen),
    ...tagConflicts(parsed),
    ...LISTENERS.flatMap((name) => listenerConflicts(name, parsed.listen[name])),
    ...sharedAddresses(parsed.listen),
    ...sloConflicts(parsed.slo),
    ...matchConflicts(parsed.match),
    ...watchConflicts(parsed.watch),
    ...gpuConflicts(parsed.gpu),
    ...scrapeConflicts(parsed.scrape),
    ...forwardConflicts(parsed),
    ...influxdbConflicts(parsed.exporters.influxdb),
  ];
}

const LISTENERS = ['grpc', 'otlp_http', 'http', 'health'] as const;
const MAX_TAGS = 16;
const TAG_NAME = /^[A-Za-z][\w.-]{0,63}$/;

/** Names with a meaning of their own in the stores. */
const RESERVED_NAMES = ['time', 'le', 'quantile'];

function windowConflicts({ interval, windows, lateness }: ParsedConfig, chosen: boolean): Conflict[] {
  const kept = effectiveWindowsMs(windows, interval, chosen);
  const every = formatDuration(interval);
  const misfits = windows.flatMap((windowMs, index): Conflict[] =>
    kept.includes(windowMs) && windowMs % interval !== 0
      ? [
          {
            paths: [['windows', index], ['interval']],
            message: `must be a multiple of the interval, ${every}`,
          },
        ]
      : [],
  );
  const slices = ringSlices(kept, lateness, interval);
  if (slices <= MAX_RING_SLICES) return misfits;
  const longest = formatDuration(Math.max(...kept));
  const sum = `(${longest} + ${formatDuration(lateness)}) / ${every} + 2 = ${slices} slices`;
  const message = `longest window and lateness need ${sum}, more than ${MAX_RING_SLICES}: take a longer interval or shorter windows`;
  return [...misfits, { paths: [['windows'], ['interval'], ['lateness']], message }];
}

function tagConflicts({ tags, labels }: ParsedConfig): Conflict[] {
  const names = [
    ...Object.keys(tags).map((name) => ({ name, path: ['tags', name] as KeyPath })),
    ...labels.map((name, index) => ({ name, path: ['labels', index] as KeyPath })),
  ];
  const taken = catalogNames();
  const wrong = names.flatMap(({ name, path }): Conflict[] => {
    if (!TAG_NAME.test(name)) {
      const message = 'a tag is a letter and up to 63 further letters, digits, dots, dashes or underscores';
      return [{ paths: [path], message }];
    }
    const owner = taken.get(name);
    return owner === undefined
      ? []
      : [{ paths: [path], message: `\`${name}\` is ${owner}; take another name` }];
  });
  const doubled = labels.flatMap((name, index): Conflict[] =>
    Object.hasOwn(tags, name) || labels.indexOf(name) < index
      ? [{ paths: [['labels', index], ['tags']], message: `\`${name}\` is listed before, or in tags` }]
      : [],
  );
  if (Object.keys(tags).length <= MAX_TAGS) return [...wrong, ...doubled];
  return [...wrong, ...doubled, { paths: [['tags']], message: `has more than ${MAX_TAGS} tags` }];
}

/** Name → what it is already. */
function catalogNames(): ReadonlyMap<string, string> {
  const names = new Map(RESERVED_NAMES.map((name) => [name, 'a name with a meaning of its own in a store']));
  for (const name of Object.keys(baseTags)) names.set(name, 'a tag of every point');
  const specs: Readonly<Record<string, MeasurementSpec>> = catalog;
  for (const [measurement, { tags, fields }] of Object.entries(specs)) {
    for (const name of Object.keys(tags)) names.set(name, `a tag of ${measurement}`);
    for (const name of Object.keys(fields)) names.set(name, `a field of ${measurement}`);
  }
  return names;
}

function listenerConflicts(
  name: string,
  { address, tls, insecure }: ParsedConfig['listen']['grpc'],
): Conflict[] {
  const at = ['listen', name];
  const { cert_file: certificate, key_file: key, client_ca_file: clientCa } = tls;
  if (certificate !== undefined && key === undefined) {
    return [{ paths: [[...at, 'tls']], message: 'cert_file needs key_file' }];
  }
  if (certificate === undefined && (key !== undefined || clientCa !== undefined)) {
    return [{ paths: [[...at, 'tls']], message: 'key_file and client_ca_file need cert_file' }];
  }
  const parsed = parseListenAddress(address);
  if (parsed === undefined || isLoopback(parsed.host) || certificate !== undefined || insecure) return [];
  const message = `other machines can reach this address: give it tls {cert_file, key_file}, or set ${at.join('.')}.insecure: true`;
  return [
    {
      paths: [
        [...at, 'address'],
        [...at, 'tls'],
        [...at, 'insecure'],
      ],
      message,
    },
  ];
}

function sharedAddresses(listen: ParsedConfig['listen']): Conflict[] {
  return LISTENERS.flatMap((name, index) => {
    const { address } = listen[name];
    const other = LISTENERS.slice(0, index).find((earlier) => listen[earlier].address === address);
    if (other === undefined || address === '' || parseListenAddress(address)?.port === 0) return [];
    const path = ['listen', name, 'address'];
    return [{ paths: [path, ['listen', other]] as const, message: `listen.${other} has the same address` }];
  });
}

function sloConflicts(slo: ParsedConfig['slo']): Conflict[] {
  return slo.flatMap(({ model, variant, latency, ttft }, index): Conflict[] => {
    if (latency === undefined && ttft === undefined)
      return [{ paths: [['slo', index]], message: 'needs latency, ttft or both' }];
    const first = slo.findIndex((entry) => entry.model === model && entry.variant === variant);
    if (first === index) return [];
    return [{ paths: [['slo', index]], message: `slo[${first}] is for the same model and variant` }];
  });
}

function watchConflicts({ pid, name }: ParsedConfig['watch']): Conflict[] {
  if (pid === undefined || name === undefined) return [];
  return [{ paths: [['watch']], message: 'give pid or name, not both' }];
}

function gpuConflicts({ devices, processes, process_id: processId }: ParsedConfig['gpu']): Conflict[] {
  const conflicts = devices.flatMap((uuid, index): Conflict[] => {
    const first = devices.indexOf(uuid);
    if (first === index) return [];
    return [{ paths: [['gpu', 'devices', index]], message: `gpu.devices[${first}] is the same` }];
  });
  if (processes || !processId) return conflicts;
  const message = 'needs gpu.processes: true';
  return [
    ...conflicts,
    {
      paths: [
        ['gpu', 'process_id'],
        ['gpu', 'processes'],
      ],
      message,
    },
  ];
}

function influxdbConflicts(influxdb: ParsedConfig['exporters']['influxdb']): Conflict[] {
  const at = ['exporters', 'influxdb'];
  const conflicts: Conflict[] = [];
  for (const secret of ['token', 'password'] as const) {
    if (influxdb[secret] === undefined || influxdb[`${secret}_file`] === undefined) continue;
    conflicts.push({ paths: [[...at, secret]], message: `give ${secret} or ${secret}_file, not both` });
  }
  if (influxdb.url !== undefined && influxdb.bucket === undefined && influxdb.database === undefined) {
    conflicts.push({
      paths: [[...at, 'url']],
      message: 'needs bucket (version 2) or database (1, 3) beside it',
    });
  }
  return conflicts;
}
