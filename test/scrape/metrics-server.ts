import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on loopback that answers as the test says. */
export class MetricsServer {
  /** What came in, in order. */
  readonly requests: IncomingMessage[] = [];
  answer: RequestListener = (_, response) => response.end();
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(request);
    this.answer(request, response);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.endpoint}`;
  }

  /** Answers with these texts, one a request. */
  serve(...texts: readonly string[]): void {
    const rest = [...texts];
    this.answer = (_, response) => response.end(rest.shift());
  }
}
