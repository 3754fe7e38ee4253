import { isIP } from 'node:net';

/**
 * Whether a request's `Host` may be served on a loopback listener: `localhost`, a name below it, or an address.
 * Any other name that leads here was pointed at this machine by someone else's DNS, so that a foreign page could
 * read our answers as its own ("DNS rebinding").
 */
export function isLocalHostHeader(header: string | undefined): boolean {
  if (header === undefined) return false;
  const host = header.replace(/:\d*$/, '').toLowerCase();
  if (host.startsWith('[')) return host.endsWith(']') && isIP(host.slice(1, -1)) === 6;
  return host === 'localhost' || host.endsWith('.localhost') || isIP(host) === 4;
}
