import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What the server does with one request; nothing said: 204. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer waits this long. */
  readonly delayMs?: number;
  /** Never answers: at all, or after the headers and half of the body. */
  readonly hang?: 'silent' | 'in_body';
  /** Resets the connection instead of answering. */
  readonly reset?: boolean;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Gunzipped where the headers say gzip. */
  readonly body: string;
}

export type Script = (request: RecordedRequest) => ScriptedAnswer;

/** An HTTP server that answers by a script and records what it was asked. `stop` ends hanging connections too. */
export class ScriptedHttp {
  readonly url: string;
  readonly requests: RecordedRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #script: Script;
  #connections = 0;

  private constructor(server: Server, port: number, script: Script) {
    this.#server = server;
    this.#script = script;
    this.url = `http://127.0.0.1:${port}`;
    server.on('connection', (socket) => this.#keep(socket));
    server.on('request', (request, response) => void this.#handle(request, response));
  }

  /** Answers in the order given, and with the last answer ever after; or by a function of the request. */
  static async start(...answers: readonly ScriptedAnswer[] | [Script]): Promise<ScriptedHttp> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('bug: a TCP server has a port');
    return new ScriptedHttp(server, address.port, scriptOf(answers));
  }

  /** From now on. */
  answer(...answers: readonly ScriptedAnswer[] | [Script]): void {
    this.#script = scriptOf(answers);
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Connections taken since the start. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves when no connection is open any more. */
  async drained(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = await record(request);
    if (recorded === undefined) return;
    this.requests.push(recorded);
    const answer = this.#script(recorded);
    if (answer.hang === 'silent') return;
    if (answer.reset === true) request.socket.resetAndDestroy();
    else setTimeout(() => send(response, answer), answer.delayMs ?? 0);
  }
}

function scriptOf(answers: readonly ScriptedAnswer[] | readonly [Script]): Script {
  const [first] = answers;
  if (typeof first === 'function') return first;
  const queue = [...(answers as readonly ScriptedAnswer[])];
  return () => (queue.length > 1 ? queue.shift() : queue[0]) ?? {};
}

async function record(request: IncomingMessage): Promise<RecordedRequest | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined; // the client went away before its request was whole
  }
  const raw = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: body.toString(),
  };
}

function send(response: ServerResponse, answer: ScriptedAnswer): void {
  const body = answer.body ?? '';
  response.writeHead(answer.status ?? 204, answer.headers);
  if (answer.hang === 'in_body') response.write(body.slice(0, body.length / 2));
  else response.end(body);
}
