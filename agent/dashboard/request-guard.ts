import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../core/listen-address.ts';
import type { HttpAccess } from '../listen/http-listener.ts';
import { answerError } from './answers.ts';
import { isLocalHostHeader } from './host-check.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { WRITE_METHODS, writeFault } from './write-check.ts';

export interface RequestGuardOptions extends HttpAccess {
  /** Whether a path is served to callers without a token. */
  readonly isPublic: (path: string) => boolean;
  /** Whether something is there that requests may change. */
  readonly isWritable: (path: string) => boolean;
}

const READ_METHODS: readonly string[] = ['GET', 'HEAD'];

/** What every request has to pass before it is looked at. */
export class RequestGuard {
  readonly #options: RequestGuardOptions;
  readonly #checksHost: boolean;

  constructor(options: RequestGuardOptions) {
    this.#options = options;
    // A certificate cannot be made for someone else's name, so that encrypted listeners are safe by themselves.
    this.#checksHost = !options.encrypted && isLoopback(options.host);
  }

  /** The path of a request that may be served; undefined: it was answered here. */
  admit(request: IncomingMessage, response: ServerResponse): string | undefined {
    setSecurityHeaders(response);
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    if (this.#checksHost && !isLocalHostHeader(request.headers.host)) {
      const message = 'this listener answers to localhost or an address only, not to the name in your URL';
      answerError(response, 421, { error: 'foreign_host', message });
    } else if (!this.#methodsOf(path).includes(request.method ?? '')) {
      const methods = this.#methodsOf(path).join(', ');
      response.setHeader('allow', methods);
      answerError(response, 405, { error: 'method_not_allowed', message: `only ${methods} are served here` });
    } else if (!this.#isAllowed(path, request.headers.authorization)) {
      response.setHeader('www-authenticate', 'Bearer realm="infermeter"');
      const message = 'a token is needed: send the header Authorization: Bearer TOKEN';
      answerError(response, 401, { error: 'token_needed', message });
    } else if (WRITE_METHODS.includes(request.method ?? '')) {
      return this.#admitWrite(request, response) ? path : undefined;
    } else {
      return path;
    }
    return undefined;
  }

  #admitWrite(request: IncomingMessage, response: ServerResponse): boolean {
    const fault = writeFault(request);
    if (fault === undefined) return true;
    const { status, ...answer } = fault;
    answerError(response, status, answer);
    return false;
  }

  #methodsOf(path: string): readonly string[] {
    return this.#options.isWritable(path) ? [...READ_METHODS, ...WRITE_METHODS] : READ_METHODS;
  }

  #isAllowed(path: string, authorization: string | undefined): boolean {
    const { tokens, isPublic } = this.#options;
    return tokens === undefined || isPublic(path) || tokens.accepts(authorization);
  }
}
