import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.ts';
import { parseListenAddress } from '../core/listen-address.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { CheckResult, CommandContext } from './command-context.ts';

type ReadFile = CommandContext['readFile'];

/** Each listener: its port is free, and its certificates and tokens can be read. */
export async function checkListeners(
  listen: Config['listen'],
  readFile: ReadFile,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  const { grpc, otlpHttp, http, health } = listen;
  for (const [key, options] of Object.entries({ grpc, otlp_http: otlpHttp, http, health })) {
    if (options !== undefined) results.push(await checkListener(`listen.${key}`, options, readFile));
  }
  if (listen.socket !== undefined) results.push(await checkSocket(listen.socket));
  return results;
}

async function checkListener(name: string, options: ListenOptions, readFile: ReadFile): Promise<CheckResult> {
  try {
    await tryFiles(options, readFile);
    await tryPort(options.address);
    return { name, ok: true, reason: `${options.address} is free` };
  } catch (error) {
    return { name, ok: false, reason: wordsFor(options.address, error as NodeJS.ErrnoException) };
  }
}

async function checkSocket(path: string): Promise<CheckResult> {
  const name = 'listen.socket';
  try {
    await access(dirname(path), constants.W_OK);
    return { name, ok: true, reason: `${path} can be made` };
  } catch (error) {
    return { name, ok: false, reason: (error as Error).message };
  }
}

/** Throws where certificate and key do not belong together, or no token is listed. */
async function tryFiles({ tls, tokenFile }: ListenOptions, readFile: ReadFile): Promise<void> {
  if (tls !== undefined) {
    const ca = tls.clientCaFile === undefined ? undefined : await readFile(tls.clientCaFile);
    const [cert, key] = [await readFile(tls.certFile), await readFile(tls.keyFile)];
    createSecureContext({ cert, key, ...(ca !== undefined && { ca }) });
  }
  if (tokenFile !== undefined && (await readFile(tokenFile)).trim() === '') {
    throw new Error(`${tokenFile} lists no token`);
  }
}

/** Binds and lets go. */
function tryPort(address: string): Promise<void> {
  const parsed = parseListenAddress(address);
  if (parsed === undefined) throw new Error(`bug: ${address} was taken for an address`);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    const { host, port } = parsed;
    server.listen({ port, ...(host !== '' && { host }) }, () => server.close(() => resolve()));
  });
}

function wordsFor(address: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${address} is in use: does an agent run already? (EADDRINUSE)`;
  if (error.code === 'EACCES' && error.syscall === 'listen') {
    return `${address}: ports below 1024 need privileges (EACCES)`;
  }
  if (error.code === 'EADDRNOTAVAIL') return `${address}: this machine has no such address (EADDRNOTAVAIL)`;
  return error.message;
}
