import { get as getPlain, type RequestOptions } from 'node:http';
import { get as getSecure } from 'node:https';
import type { AgentStatus } from '../core/status.ts';

/** Larger answers are none of ours. */
const MAX_BYTES = 8 * 2 ** 20;

export interface StatusRequest {
  /** Of the agent's HTTP listener, without a path. */
  readonly url: string;
  readonly token?: string;
  /** PEM; absent: the system's authorities. */
  readonly ca?: readonly string[];
  /** PEM, for a listener that asks clients for certificates. */
  readonly cert?: string;
  readonly key?: string;
  /** Instead of the host of `url`, in the server's certificate. */
  readonly serverName?: string;
  readonly signal: AbortSignal;
}

/** `GET /api/v1/status`. Rejects with what went wrong. */
export function requestStatus(request: StatusRequest): Promise<AgentStatus> {
  const { url, token, ca, cert, key, serverName, signal } = request;
  const options: RequestOptions & { servername?: string } = {
    signal,
    agent: false,
    headers: { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(ca !== undefined && { ca: [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
  const get = url.startsWith('https:') ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    const call = get(new URL('/api/v1/status', url), options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) call.destroy(new Error('the answer is too large to be a status'));
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`HTTP ${response.statusCode}`));
        return parse(Buffer.concat(chunks).toString(), resolve, reject);
      });
    });
    call.on('error', reject);
  });
}

function parse(text: string, resolve: (status: AgentStatus) => void, reject: (error: Error) => void): void {
  try {
    resolve(JSON.parse(text));
  } catch (cause) {
    reject(new Error('the answer is no JSON', { cause }));
  }
}
