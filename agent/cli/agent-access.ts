import { rootCertificates } from 'node:tls';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { Config } from '../config/config.ts';
import { parseListenAddress } from '../core/listen-address.ts';
import type { ListenOptions } from '../core/listen-options.ts';
import type { HttpAccess } from './agent-http.ts';
import type { CommandContext } from './command-context.ts';
import type { GrpcAccess } from './grpc-call.ts';

/** Flags of a command that talks to a running agent. */
export interface AccessOptions {
  readonly address?: string;
  readonly statusUrl?: string;
  readonly tls?: true;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly tokenFile?: string;
}

/** How to reach a running agent. */
export interface AgentAccess extends GrpcAccess {
  /** Absent where its HTTP listener is off or unknown. */
  readonly status?: HttpAccess;
}

interface Secrets {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly serverName?: string;
}

type ReadFile = CommandContext['readFile'];

/**
 * The agent of this config, or the one that the flags name: with `--address` nothing of the config's listeners
 * holds, for it may be another agent's. Rejects where a file cannot be read.
 */
export async function resolveAccess(
  config: Config,
  options: AccessOptions,
  readFile: ReadFile,
): Promise<AgentAccess> {
  const own = options.address === undefined;
  const grpc: ListenOptions = own ? config.listen.grpc : { address: options.address };
  const secrets = await readSecrets(grpc, options, readFile);
  const secure =
    grpc.tls !== undefined || options.tls || secrets.ca !== undefined || secrets.cert !== undefined;
  const { serverName, token } = secrets;
  const status = await resolveHttpAccess(own ? config.listen.http : undefined, options, readFile);
  return {
    target: dialAddress(grpc.address),
    credentials: secure ? createTls(secrets) : credentials.createInsecure(),
    ...(serverName !== undefined && { serverName }),
    ...(token !== undefined && { token }),
    ...(status !== undefined && { status }),
  };
}

/** Where a client finds what listens on all interfaces: on this machine. */
export function dialAddress(address: string): string {
  const parsed = parseListenAddress(address);
  if (parsed?.host === '' || parsed?.host === '0.0.0.0') return `127.0.0.1:${parsed.port}`;
  return parsed?.host === '::' ? `[::1]:${parsed.port}` : address;
}

/** The HTTP listener of this config, or the one that `--status-url` names. Undefined: there is none. */
export async function resolveHttpAccess(
  listen: ListenOptions | undefined,
  options: AccessOptions,
  readFile: ReadFile,
): Promise<HttpAccess | undefined> {
  const { statusUrl } = options;
  if (statusUrl !== undefined)
    return { url: statusUrl, ...(await readSecrets(undefined, options, readFile)) };
  if (listen === undefined) return undefined;
  const url = `${listen.tls ? 'https' : 'http'}://${dialAddress(listen.address)}`;
  return { url, ...(await readSecrets(listen, options, readFile)) };
}

/** Of a listener of our own its certificate is trusted too, so that a self-signed one needs no flag. */
async function readSecrets(
  listen: ListenOptions | undefined,
  options: AccessOptions,
  readFile: ReadFile,
): Promise<Secrets> {
  const read = async (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const authority = await read(options.caFile ?? listen?.tls?.certFile);
  const cert = await read(options.certFile);
  const key = await read(options.keyFile);
  const token = (await read(options.tokenFile ?? listen?.tokenFile))?.split('\n')[0]?.trim();
  const { serverName } = options;
  const others = options.caFile === undefined ? rootCertificates : [];
  return {
    ...(authority !== undefined && { ca: [authority, ...others] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(token && { token }),
    ...(serverName !== undefined && { serverName }),
  };
}

function createTls({ ca, cert, key }: Secrets): ChannelCredentials {
  const buffer = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(buffer(ca?.join('\n')), buffer(key), buffer(cert));
}
