import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { gzipSync } from 'node:zlib';
import type { Transport } from '@influxdata/influxdb-client';
import type { Clock } from '../../agent/core/clock.ts';
import type { CheckableExporter, CheckResult, ExportOutcome, PointBatch } from '../../agent/core/exporter.ts';
import { Credentials } from './credentials.ts';
import { pingRequest, versionIn, versionOf } from './detect-version.ts';
import { exchange, type HttpAnswer, type HttpRequest, NO_ANSWER } from './http-exchange.ts';
import type { InfluxdbOptions, InfluxdbVersion } from './options.ts';
import { judgeAnswer } from './verdict.ts';
import { targetName, WRITE_HEADERS, writePath } from './write-request.ts';

/** No server can store it, so a server that refuses just this line has let us in, and nothing came of it. */
const UNSTORABLE_LINE = gzipSync('infermeter_check\n');

/**
 * Writes to InfluxDB 1, 2 or 3, or to what speaks one of their write APIs. The batch's gzip is the body as it
 * is; one request at a time over a connection kept alive. How an answer is read stands in verdict.ts.
 */
export class InfluxdbExporter implements CheckableExporter {
  readonly name = 'influxdb';
  readonly durable = true;
  readonly #options: InfluxdbOptions;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  #agent: HttpAgent | undefined;
  #transport: Transport | undefined;
  #detected: InfluxdbVersion | undefined;

  constructor(options: InfluxdbOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#credentials = new Credentials(options);
  }

  /** Connects to nothing: the first write does. The client is loaded here: 7 MB that only its users pay. */
  async start(): Promise<void> {
    const { url } = this.#options;
    const agent = url.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
      : new HttpAgent({ keepAlive: true, maxSockets: 1 });
    this.#agent = agent;
    const { InfluxDB } = await import('@influxdata/influxdb-client');
    // Without the client's own timeout: it reports one and leaves the socket open. `signal` ends a request.
    this.#transport = new InfluxDB({ url, timeout: 0, transportOptions: { agent } }).transport;
  }

  async stop(): Promise<void> {
    this.#agent?.destroy();
    this.#agent = undefined;
    this.#transport = undefined;
  }

  export(batch: PointBatch, signal: AbortSignal): Promise<ExportOutcome> {
    return this.#write(batch.gzip, '', signal);
  }

  /** Whether points would be taken now. Writes and creates nothing. */
  async check(signal: AbortSignal): Promise<CheckResult> {
    const outcome = await this.#write(UNSTORABLE_LINE, '&accept_partial=false', signal);
    if (outcome.kind !== 'accepted' && outcome.kind !== 'rejected' && outcome.kind !== 'partial') {
      return { ok: false, message: outcome.reason };
    }
    const version = this.#detected ?? versionOf(this.#options) ?? '1';
    const target = `${version === '2' ? 'bucket' : 'database'} "${targetName(this.#options, version)}"`;
    return { ok: true, message: `${this.#options.url} takes points for ${target} (write API ${version})` };
  }

  async #write(gzip: Uint8Array, moreQuery: string, signal: AbortSignal): Promise<ExportOutcome> {
    const version = await this.#resolveVersion(signal);
    if (typeof version !== 'string') return version;
    const authorization = await this.#credentials.authorize(version);
    if (!authorization.ok) return { kind: 'hold', reason: authorization.reason };
    const path = writePath(this.#options, version) + moreQuery;
    const headers = { ...WRITE_HEADERS, ...authorization.headers };
    const answer = await this.#exchange({ method: 'POST', path, headers, body: gzip }, signal);
    if (answer.status === 401 && (await this.#credentials.hasChanged(version, authorization))) {
      return { kind: 'retry', reason: 'status 401, and the secret file has changed since', afterMs: 0 };
    }
    const outcome = judgeAnswer(answer, version, this.#clock.wallMs());
    // Behind the same address there may be another version by the next time.
    if (outcome.kind === 'hold' || answer.status === NO_ANSWER) this.#detected = undefined;
    return outcome;
  }

  /** The write API to speak, or why the server could not be asked. */
  async #resolveVersion(signal: AbortSignal): Promise<InfluxdbVersion | ExportOutcome> {
    const known = this.#detected ?? versionOf(this.#options);
    if (known !== undefined) return known;
    const authorization = await this.#credentials.authorize('3');
    const headers = authorization.ok ? authorization.headers : {};
    const pong = await this.#exchange(pingRequest(headers), signal);
    const outcome = judgeAnswer(pong, '3', this.#clock.wallMs());
    if (outcome.kind === 'retry') return outcome;
    this.#detected = versionIn(pong, headers['authorization'] !== undefined);
    return this.#detected;
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    if (this.#transport === undefined) throw new Error('bug: the exporter is not started');
    const answer = await exchange(this.#transport, request, signal);
    return answer.status === NO_ANSWER ? { ...answer, body: `${this.#options.url}: ${answer.body}` } : answer;
  }
}
