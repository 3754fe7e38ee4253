import type { HttpError, Transport } from '@influxdata/influxdb-client';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query, behind the client's url. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpAnswer {
  /** `NO_ANSWER`: the connection was refused or reset, or the request aborted; `body` then says what happened. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for a 2xx, whose body nobody reads. */
  readonly body: string;
}

export const NO_ANSWER = 0;

type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * One request through the client's transport; never rejects. An exchange without a whole answer destroys its
 * socket: the transport on its own leaves a hung one open.
 */
export async function exchange(
  transport: Transport,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const abandon = new AbortController();
  const onAbort = (): void => abandon.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) abandon.abort();
  try {
    return await send(transport, request, abandon.signal);
  } catch (error) {
    abandon.abort();
    const { code, message } = error as NodeJS.ErrnoException;
    return { status: NO_ANSWER, headers: {}, body: signal.aborted ? 'no answer in time' : (code ?? message) };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function send(transport: Transport, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, path, headers, body } = request;
  return new Promise((resolve, reject) => {
    let status = NO_ANSWER;
    let received: ReceivedHeaders = {};
    // The transport takes bytes as they are, though it declares a string.
    transport.send(
      path,
      body as unknown as string,
      { method, headers: { ...headers }, signal },
      {
        responseStarted: (started, statusCode = NO_ANSWER) => {
          status = statusCode;
          received = started;
        },
        complete: () => resolve({ status, headers: flatten(received), body: '' }),
        error: (error) => (isHttpError(error) ? resolve(answerOf(error)) : reject(error)),
      },
    );
  });
}

/** By its shape: the class itself would load the client. */
function isHttpError(error: Error): error is HttpError {
  return 'statusCode' in error;
}

function answerOf({ statusCode, headers, body }: HttpError): HttpAnswer {
  return { status: statusCode, headers: flatten(headers ?? {}), body: body ?? '' };
}

function flatten(headers: ReceivedHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) flat[name] = String(value);
  return flat;
}
