import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAccess } from '../../listen/http-listener.ts';
import { BufferPool } from '../buffer-pool.ts';
import type { Refusal, RefusalCounter } from '../refusal-counter.ts';
import type { ExportTakers } from './export-call.ts';
import {
  type ExportResult,
  encodeExportResponse,
  encodeStatus,
  exportResponseJson,
} from './export-response.ts';
import { FORWARDED_HEADER } from './forward/forward-trail.ts';
import type { OtlpSignal } from './forward/otlp-export.ts';
import type { ExportReceipt } from './otlp-intake.ts';
import { encodingOf, readBody } from './request-body.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
type BodyType = typeof PROTOBUF | typeof JSON_TYPE;

/** Bodies read at a time: with two copies of each while it is unpacked, what they take is bounded. */
const MAX_BODIES = 32;
/** For the bodies of a busy exporter. */
const MAX_KEPT_BYTES = 2 << 20;
const RETRY_AFTER_SECONDS = '1';

/** HTTP status → gRPC's, which the body of a failure states (OTLP 1, "OTLP/HTTP Response"). */
const GRPC_CODES = { 400: 3, 401: 16, 404: 5, 405: 12, 413: 8, 415: 3, 503: 14 } as const;
type FailureStatus = keyof typeof GRPC_CODES;
/** As what a failure counts; what is served here by nobody, and what does not parse, is counted nowhere or elsewhere. */
const REFUSALS: Partial<Readonly<Record<FailureStatus, Refusal>>> = {
  401: 'unauthorized',
  413: 'too_large',
  415: 'unsupported_type',
  503: 'overload',
};

export interface OtlpHttpLimits {
  /** Of a body, packed or not. */
  readonly messageBytes: number;
  readonly refusals: RefusalCounter;
}

const SIGNALS: Readonly<Record<string, OtlpSignal>> = {
  '/v1/traces': 'traces',
  '/v1/metrics': 'metrics',
  '/v1/logs': 'logs',
};

/** Answers the requests of OTLP/HTTP: `/v1/traces`, and `/v1/metrics` and `/v1/logs`, which are not looked at. */
export class OtlpHttpRequests {
  readonly #takers: ExportTakers;
  readonly #limits: OtlpHttpLimits;
  readonly #tokens: HttpAccess['tokens'];
  readonly #pool = new BufferPool(MAX_KEPT_BYTES);
  #bodies = 0;

  constructor(takers: ExportTakers, limits: OtlpHttpLimits, tokens: HttpAccess['tokens']) {
    this.#takers = takers;
    this.#limits = limits;
    this.#tokens = tokens;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = typeOf(request.headers['content-type']);
    const answer = new Answer(request, response, {
      type: type ?? JSON_TYPE,
      refusals: this.#limits.refusals,
    });
    const [path = ''] = (request.url ?? '').split('?', 1);
    const signal = Object.hasOwn(SIGNALS, path) ? SIGNALS[path] : undefined;
    if (signal === undefined) {
      answer.fail(404, 'OTLP/HTTP is served at /v1/traces, /v1/metrics and /v1/logs');
    } else if (request.method !== 'POST') {
      answer.fail(405, 'only POST is served', { allow: 'POST' });
    } else if (this.#tokens?.accepts(request.headers.authorization) === false) {
      const challenge = { 'www-authenticate': 'Bearer realm="infermeter"' };
      answer.fail(401, 'a token is needed: send the header Authorization: Bearer TOKEN', challenge);
    } else if (type === undefined) {
      answer.fail(415, `the content type must be ${PROTOBUF} or ${JSON_TYPE}`);
    } else if (this.#bodies >= MAX_BODIES) {
      const message = `${MAX_BODIES} requests are being read already`;
      answer.fail(503, message, { 'retry-after': RETRY_AFTER_SECONDS });
    } else {
      this.#bodies++;
      await this.#take(request, answer, signal).finally(() => this.#bodies--);
    }
  }

  async #take(request: IncomingMessage, answer: Answer, signal: OtlpSignal): Promise<void> {
    const encoding = encodingOf(request.headers['content-encoding']);
    if (encoding === undefined) {
      answer.fail(415, 'the content encoding must be gzip, deflate or identity');
      return;
    }
    const { messageBytes } = this.#limits;
    const body = await readBody(request, encoding, { maxBytes: messageBytes, pool: this.#pool });
    switch (body.kind) {
      case 'aborted':
        return;
      case 'too_large':
        answer.fail(413, `the body has more than ${messageBytes} bytes (limits.message_bytes)`);
        return;
      case 'damaged':
        this.#takers.intake.malformed(body.reason, 'otlp_http');
        answer.fail(400, body.reason);
        return;
      case 'body':
        if (this.#accept(signal, body.bytes, answer)) this.#offer(signal, body.bytes, request);
        if (body.room !== undefined) this.#pool.giveBack(body.room);
    }
  }

  /** Whether it was. */
  #accept(signal: OtlpSignal, bytes: Buffer, answer: Answer): boolean {
    const receipt = signal === 'traces' ? this.#export(bytes, answer.type) : this.#discard();
    if (receipt.kind === 'malformed') answer.fail(400, receipt.reason);
    else answer.succeed(receipt);
    return receipt.kind === 'taken';
  }

  #export(bytes: Buffer, type: BodyType): ExportReceipt {
    const { intake } = this.#takers;
    if (type === PROTOBUF) return intake.receive(bytes, 'otlp_http');
    let document: unknown;
    try {
      document = JSON.parse(bytes.toString());
    } catch {
      const reason = 'the body is no JSON';
      intake.malformed(reason, 'otlp_http');
      return { kind: 'malformed', reason };
    }
    return intake.receiveJson(document, 'otlp_http');
  }

  #discard(): ExportReceipt {
    this.#takers.intake.discard('otlp_http');
    return { kind: 'taken', rejected: 0, reason: '' };
  }

  #offer(signal: OtlpSignal, bytes: Buffer, { headers }: IncomingMessage): void {
    const format = typeOf(headers['content-type']) === PROTOBUF ? 'protobuf' : 'json';
    const trail = headers[FORWARDED_HEADER]?.toString() ?? '';
    this.#takers.tap?.offer({ signal, format, bytes, trail });
  }
}

interface AnswerOptions {
  readonly type: BodyType;
  readonly refusals: RefusalCounter;
}

/** The one answer to a request, in the encoding of its body. */
class Answer {
  readonly type: BodyType;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #refusals: RefusalCounter;

  constructor(request: IncomingMessage, response: ServerResponse, { type, refusals }: AnswerOptions) {
    this.#request = request;
    this.#response = response;
    this.#refusals = refusals;
    this.type = type;
  }

  succeed(result: ExportResult): void {
    const body =
      this.type === PROTOBUF ? encodeExportResponse(result) : JSON.stringify(exportResponseJson(result));
    this.#end(200, body, {});
  }

  /** What of the body is still to come is not waited for. */
  fail(status: FailureStatus, message: string, headers: Readonly<Record<string, string>> = {}): void {
    const code = GRPC_CODES[status];
    const refusal = REFUSALS[status];
    if (refusal !== undefined) this.#refusals.count(refusal);
    const body = this.type === PROTOBUF ? encodeStatus(code, message) : JSON.stringify({ code, message });
    const isWhole = this.#request.complete;
    this.#end(status, body, isWhole ? headers : { ...headers, connection: 'close' });
    this.#request.resume();
  }

  #end(status: number, body: Buffer | string, headers: Readonly<Record<string, string>>): void {
    const length = Buffer.byteLength(body);
    this.#response.writeHead(status, { ...headers, 'content-type': this.type, 'content-length': length });
    this.#response.end(body);
  }
}

/** Undefined: none that OTLP/HTTP has. */
function typeOf(header: string | undefined): BodyType | undefined {
  const name = header?.split(';', 1)[0]?.trim().toLowerCase();
  return name === PROTOBUF || name === JSON_TYPE ? name : undefined;
}
