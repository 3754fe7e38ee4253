import type { Assignment } from './assignments.ts';
import { findEntry } from './option-list.ts';

/** A flag of its own for a key that is often set by hand. */
export interface ConfigFlag {
  /** As commander declares it: `--grpc <address>`. */
  readonly flag: string;
  /** Commander's name for its value. */
  readonly name: string;
  readonly path: readonly string[];
}

export const configFlags: readonly ConfigFlag[] = [
  { flag: '--interval <duration>', name: 'interval', path: ['interval'] },
  { flag: '--data-dir <directory>', name: 'dataDir', path: ['data_dir'] },
  { flag: '--grpc <address>', name: 'grpc', path: ['listen', 'grpc'] },
  { flag: '--socket <path>', name: 'socket', path: ['listen', 'socket'] },
  { flag: '--http <address>', name: 'http', path: ['listen', 'http'] },
  { flag: '--watch-pid <pid>', name: 'watchPid', path: ['watch', 'pid'] },
  { flag: '--watch-name <name>', name: 'watchName', path: ['watch', 'name'] },
  { flag: '--gpu <source>', name: 'gpu', path: ['gpu', 'source'] },
  { flag: '--influxdb-url <url>', name: 'influxdbUrl', path: ['exporters', 'influxdb', 'url'] },
  { flag: '--log-level <level>', name: 'logLevel', path: ['log', 'level'] },
  { flag: '--log-format <format>', name: 'logFormat', path: ['log', 'format'] },
];

/** The sentence of the key that a flag sets. */
export function flagHelp({ path }: ConfigFlag): string {
  const entry = findEntry(path);
  if (entry === undefined) throw new Error(`bug: a flag sets ${path.join('.')}, which is no key`);
  return entry.help;
}

/** `--grpc 127.0.0.1:0` and `--set key=value` as assignments; of two for one key `--set` stands. */
export function flagAssignments(
  values: Readonly<Record<string, unknown>>,
  set: readonly string[],
): readonly Assignment[] {
  const own = configFlags.flatMap(({ flag, name, path }): Assignment[] => {
    const text = values[name];
    return typeof text === 'string' ? [{ path, text, origin: flag.split(' ')[0] }] : [];
  });
  const free = set.map((pair): Assignment => {
    const at = pair.indexOf('=');
    const key = at < 0 ? pair : pair.slice(0, at);
    return { path: key.trim().split('.'), text: at < 0 ? '' : pair.slice(at + 1), origin: '--set' };
  });
  return [...own, ...free];
}
