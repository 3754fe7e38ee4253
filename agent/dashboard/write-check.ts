import type { IncomingMessage } from 'node:http';

/** Why a request may not change anything. */
export interface WriteFault {
  readonly status: number;
  readonly error: string;
  readonly message: string;
}

/** Methods that change something. */
export const WRITE_METHODS: readonly string[] = ['PUT', 'POST', 'DELETE'];

/**
 * What keeps web pages from writing here by their visitor's hand. A browser says that a page sends the request
 * (`Origin`, `Sec-Fetch-Site`), and our own page writes nothing; programs send neither header. A JSON body goes to
 * another site only if that site allows it, which this one never does.
 */
export function writeFault({ headers, method }: IncomingMessage): WriteFault | undefined {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) {
    const message = 'web pages may not change anything here; programs may, without the header Origin';
    return { status: 403, error: 'from_a_page', message };
  }
  if (method === 'DELETE' || isJson(headers['content-type'])) return undefined;
  const message = 'a JSON body is needed, with the header Content-Type: application/json';
  return { status: 415, error: 'json_needed', message };
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}
