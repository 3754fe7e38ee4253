import type { HttpAnswer, HttpRequest } from './http-exchange.ts';
import type { InfluxdbOptions, InfluxdbVersion } from './options.ts';

const NO_BODY = new Uint8Array(0);

/**
 * The version that the options alone settle: the one named, or the one whose words they use. A server of
 * another version mostly takes those too, by its compatible addresses. Undefined: the server must be asked.
 */
export function versionOf(options: InfluxdbOptions): InfluxdbVersion | undefined {
  if (options.version !== 'auto') return options.version;
  if (options.database === undefined) return '2';
  if (options.retentionPolicy !== undefined || options.username !== undefined) return '1';
  return undefined;
}

/** The question for the others; all versions answer it, and only 3 wants credentials for it. */
export function pingRequest(headers: Readonly<Record<string, string>>): HttpRequest {
  return { method: 'GET', path: '/ping', headers, body: NO_BODY };
}

/**
 * The version in the answer to a ping: all three name theirs in a header. Where a proxy took that away, a server
 * of a database that wants a token is a 3, another a 1.
 */
export function versionIn({ status, headers }: HttpAnswer, hasToken: boolean): InfluxdbVersion {
  const major = /^v?([123])\./.exec(headers['x-influxdb-version'] ?? '')?.[1];
  if (major !== undefined) return major as InfluxdbVersion;
  return hasToken || status === 401 ? '3' : '1';
}
