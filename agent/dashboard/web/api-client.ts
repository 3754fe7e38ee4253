import type {
  BaselinesAnswer,
  CompareAnswer,
  ErrorAnswer,
  PointsAnswer,
  SeriesAnswer,
  StatusAnswer,
} from './api-answers.ts';

export type PointsQuery = Readonly<Record<string, string | number>>;

/** The agent answered, but with something else than what was asked for. */
export class ApiError extends Error {
  readonly status: number;
  readonly answer: ErrorAnswer;

  constructor(status: number, answer: ErrorAnswer) {
    super(answer.message);
    this.status = status;
    this.answer = answer;
  }

  get needsToken(): boolean {
    return this.status === 401;
  }
}

export interface ApiClientOptions {
  readonly fetch: typeof globalThis.fetch;
  /** The bearer token to send, if there is one. */
  readonly token: () => string | undefined;
}

/**
 * The agent's HTTP interface. Paths are relative to the page, so that it works below any prefix; the token travels
 * in a header only, because addresses end up in logs.
 */
export class ApiClient {
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  status(): Promise<StatusAnswer> {
    return this.#readJson('api/v1/status');
  }

  series(): Promise<SeriesAnswer> {
    return this.#readJson('api/v1/series');
  }

  points(query: PointsQuery, signal: AbortSignal): Promise<PointsAnswer> {
    const parameters = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return this.#readJson(`api/v1/points?${parameters}`, signal);
  }

  baselines(signal: AbortSignal): Promise<BaselinesAnswer> {
    return this.#readJson('api/v1/baselines', signal);
  }

  compare(parameters: URLSearchParams, signal: AbortSignal): Promise<CompareAnswer> {
    return this.#readJson(`api/v1/compare?${parameters}`, signal);
  }

  /** The live stream's text, as it comes. */
  async stream(parameters: URLSearchParams, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#request(`api/v1/stream?${parameters}`, signal);
    if (response.body === null) throw new Error('the stream has no body');
    return response.body;
  }

  async #readJson<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await this.#request(path, signal)).json()) as T;
  }

  /** Rejects with `ApiError` where the agent refuses, and with what `fetch` throws where it cannot be reached. */
  async #request(path: string, signal?: AbortSignal): Promise<Response> {
    const token = this.#options.token();
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await this.#options.fetch(path, { headers, signal: signal ?? null });
    if (response.ok) return response;
    const unreadable: ErrorAnswer = { error: 'unreadable', message: `the agent answered ${response.status}` };
    const answer = await response.json().catch(() => unreadable);
    throw new ApiError(response.status, answer as ErrorAnswer);
  }
}
