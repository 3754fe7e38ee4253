import { BlockList, isIP } from 'node:net';

/** Where to listen. */
export interface ListenAddress {
  /** Empty: all interfaces. An IPv6 address without its brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const FORM = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[A-Za-z0-9._-]*)):(?<port>\d{1,5})$/;

/** `host:port`, `[v6]:port` or `:port`; undefined where the text is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { v6, name = '', port } = FORM.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  return { host: v6 ?? name, port: Number(port) };
}

/** The inverse of `parseListenAddress`. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine reaches `host`; a name other than `localhost` is not trusted to stay local. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

const LOOPBACK = createLoopbackList();

/** IPv4 addresses mapped into IPv6 (`::ffff:127.0.0.1`) match the IPv4 rule. */
function createLoopbackList(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}
