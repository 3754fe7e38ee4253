import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../../core/clock.ts';
import {
  type ExportSender,
  type ForwardHeaders,
  type ForwardOutcome,
  NO_ANSWER,
  shortened,
} from './export-sender.ts';
import type { OtlpExport } from './otlp-export.ts';
import { decodePartialSuccess, parsePartialSuccess } from './partial-success.ts';
import { parseRetryAfter } from './retry-time.ts';

const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
/** Those that OTLP/HTTP lets a client repeat (OTLP 1, "Retryable Response Codes"). */
const RETRYABLE = [429, 502, 503, 504];
const MAX_ANSWER_BYTES = 64 * 1024;

/** Posts exports to `endpoint`/v1/traces, /v1/metrics and /v1/logs, over connections that are kept open. */
export class HttpSender implements ExportSender {
  readonly #endpoint: string;
  readonly #clock: Clock;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;

  /** `endpoint`: http:// or https://, without a slash at its end. */
  constructor(endpoint: string, connections: number, clock: Clock) {
    const isEncrypted = endpoint.startsWith('https:');
    const options = { keepAlive: true, maxSockets: connections };
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#agent = isEncrypted ? new HttpsAgent(options) : new HttpAgent(options);
    this.#request = isEncrypted ? httpsRequest : httpRequest;
  }

  send(sent: OtlpExport, headers: ForwardHeaders, signal: AbortSignal): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      const request = this.#open(sent, headers, signal);
      let isAnswered = false;
      request.once('response', (response) => {
        isAnswered = true;
        collect(response, (body) => resolve(this.#judge(response, body)));
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const reason = signal.aborted ? NO_ANSWER : (error.code ?? error.message);
        if (!isAnswered || signal.aborted) resolve({ kind: 'retry', reason });
      });
      request.end(sent.bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(
    { signal: kind, format, bytes }: OtlpExport,
    headers: ForwardHeaders,
    signal: AbortSignal,
  ): ClientRequest {
    return this.#request(`${this.#endpoint}/v1/${kind}`, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'user-agent': 'infermeter',
        ...headers,
        'content-type': CONTENT_TYPES[format],
        'content-length': bytes.byteLength,
      },
      signal,
    });
  }

  #judge({ statusCode = 0, headers }: IncomingMessage, body: Buffer): ForwardOutcome {
    const isJson = headers['content-type']?.startsWith(CONTENT_TYPES.json) === true;
    if (statusCode >= 200 && statusCode < 300) {
      const { rejectedItems, reason } = isJson
        ? parsePartialSuccess(body.toString())
        : decodePartialSuccess(body);
      return { kind: 'accepted', rejectedItems, reason: shortened(reason) };
    }
    const reason = shortened(`status ${statusCode} ${body.toString()}`);
    if (!RETRYABLE.includes(statusCode)) return { kind: 'refused', reason };
    const afterMs = parseRetryAfter(headers['retry-after'], this.#clock.wallMs());
    return { kind: 'retry', reason, ...(afterMs !== undefined && { afterMs }) };
  }
}

/** What there is of the body when the answer ends, in whatever way. */
function collect(response: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(chunk);
  });
  response.on('error', () => {});
  response.once('close', () => done(Buffer.concat(chunks)));
}
