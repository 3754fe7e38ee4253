import { type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { AgentStatus } from '../core/status.ts';

/** Larger answers are none of ours. */
const MAX_BYTES = 32 * 2 ** 20;

/** How to reach the HTTP listener of an agent. */
export interface HttpAccess {
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
}

export interface AgentCall {
  /** With its query. */
  readonly path: string;
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** JSON. */
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface AgentAnswer {
  readonly status: number;
  readonly text: string;
}

/** One call of the agent's HTTP interface. Rejects where no answer comes, or one that is too large. */
export function callAgent(
  access: HttpAccess,
  { path, method = 'GET', body, signal }: AgentCall,
): Promise<AgentAnswer> {
  const { url, token, ca, cert, key, serverName } = access;
  const options: RequestOptions & { servername?: string } = {
    method,
    signal,
    agent: false,
    headers: {
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    },
    ...(ca !== undefined && { ca: [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
  const request = url.startsWith('https:') ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, url), options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) call.destroy(new Error('the answer is too large to be an agent’s'));
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** `GET /api/v1/status`. Rejects with what went wrong. */
export async function requestStatus(access: HttpAccess, signal: AbortSignal): Promise<AgentStatus> {
  const { status, text } = await callAgent(access, { path: '/api/v1/status', signal });
  if (status !== 200) throw new Error(`HTTP ${status}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the answer is no JSON', { cause });
  }
}
