import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Unpacked. A server with many models and buckets has some 500 KiB. */
const MAX_BYTES = 4 * 2 ** 20;

export interface MetricsRequest {
  /** Without a path: /metrics. */
  readonly url: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Gives `take` the body of `GET url` as it comes. Rejects with one sentence that says why there is no whole one: chunks
 * taken before that are worth nothing. Of redirects it follows one, on the same origin: some releases serve /metrics/.
 */
export async function requestMetrics(request: MetricsRequest, take: (chunk: Buffer) => void): Promise<void> {
  try {
    await readBody(await answer(request), take);
  } catch (error) {
    throw new Error(request.signal.aborted ? 'no whole answer in time' : reasonOf(error), { cause: error });
  }
}

async function answer(request: MetricsRequest): Promise<IncomingMessage> {
  const url = new URL(request.url);
  if (url.pathname === '/') url.pathname = '/metrics';
  const first = await get(url, request);
  const response = isRedirect(first) ? await get(redirectTarget(first, url), request) : first;
  if (response.statusCode === 200) return response;
  response.destroy();
  throw new Error(`HTTP ${response.statusCode}${isRedirect(response) ? ', a second redirect' : ''}`);
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
}

function redirectTarget(response: IncomingMessage, from: URL): URL {
  response.destroy();
  const { location = '' } = response.headers;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target?.origin === from.origin) return target;
  throw new Error(`HTTP ${response.statusCode}: it redirects to another server`);
}

function get(url: URL, { token, signal }: MetricsRequest): Promise<IncomingMessage> {
  const headers = {
    accept: 'text/plain;version=0.0.4,text/plain;q=0.5',
    'accept-encoding': 'gzip',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const send = url.protocol === 'https:' ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    send(url, { agent: false, headers, signal }, resolve).on('error', reject);
  });
}

async function readBody(response: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  let bytes = 0;
  const consume = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new Error('the answer is larger than 4 MiB');
      take(chunk);
    }
  };
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'gzip') return pipeline(response, createGunzip(), consume);
  if (encoding === 'identity') return pipeline(response, consume);
  response.destroy();
  throw new Error(`the answer is packed as ${encoding.slice(0, 20)}, which nobody asked for`);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed before the answer was whole',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was closed before the answer was whole',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  Z_DATA_ERROR: 'the answer is no gzip',
  Z_BUF_ERROR: 'the answer is no whole gzip',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
