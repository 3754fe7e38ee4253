import { parseListenAddress } from '../core/listen-address.ts';

/** What `server.listen` takes. */
export interface ListenTarget {
  /** `::` for all interfaces, IPv4 included. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Throws with the text and what was expected. */
export function parseListenTarget(text: string): ListenTarget {
  const address = parseListenAddress(text);
  if (address === undefined) {
    throw new Error(`"${text}" is not an address to listen on: expected host:port, [v6]:port or :port`);
  }
  return { host: address.host || '::', port: address.port };
}
