import { isIP } from 'node:net';

export interface ListenAddress {
  /** Empty: all interfaces. An IPv6 address without its brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]*)):(\d{1,5})$/;

/** `host:port`, `[v6]:port` or `:port`; undefined where the text is none of these. */
export function parseAddress(text: string): ListenAddress | undefined {
  const match = ADDRESS.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535 || (match[1] !== undefined && isIP(match[1]) !== 6)) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Whether only this machine can reach it. A name other than localhost counts as reachable from outside. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
