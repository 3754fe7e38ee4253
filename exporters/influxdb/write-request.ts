import type { InfluxdbOptions, InfluxdbVersion } from './options.ts';

/** The scheme under which each version takes a token in the Authorization header. */
export const TOKEN_SCHEMES: Readonly<Record<InfluxdbVersion, string>> = {
  1: 'Token',
  2: 'Token',
  3: 'Bearer',
};

/** Of a body that is gzipped line protocol. */
export const WRITE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/plain; charset=utf-8',
  'content-encoding': 'gzip',
};

/** Name of the bucket or database that points go to. */
export function targetName({ bucket, database }: InfluxdbOptions, version: InfluxdbVersion): string {
  const name = version === '2' ? (bucket ?? database) : (database ?? bucket);
  if (name === undefined) throw new Error('bug: the config requires influxdb.bucket or influxdb.database');
  return name;
}

/** Path and query of a write in milliseconds. The precision is never left to a server: version 3 would guess it. */
export function writePath(options: InfluxdbOptions, version: InfluxdbVersion): string {
  const name = targetName(options, version);
  switch (version) {
    case '1':
      return pathOf('/write', { db: name, rp: options.retentionPolicy, precision: 'ms' });
    case '2':
      return pathOf('/api/v2/write', { org: options.org, bucket: name, precision: 'ms' });
    case '3':
      return pathOf('/api/v3/write_lp', { db: name, precision: 'millisecond' });
  }
}

function pathOf(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== undefined) query.set(key, value);
  return `${path}?${query}`;
}
