import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';

const FRAME_HEAD_BYTES = 5;
const CHUNK_BYTES = 1 << 16;

/**
 * gRPC over node:http2 with nothing in between: it sends many messages in one write, as clients in C and Go do
 * under load, and costs little itself, so that a bench measures the server. Answers are counted by their bytes only.
 */
export class RawGrpcClient {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect(`http://${address}`, { settings: { initialWindowSize: 1 << 24 } });
  }

  /** One stream of `count` times this message; resolves when the server ended it. */
  async stream(path: string, message: Uint8Array, count: number): Promise<void> {
    const frame = frameOf(message);
    const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / frame.length));
    const call = this.#open(path);
    const ended = consume(call);
    for (let sent = 0; sent < count; sent += perChunk) {
      const chunk = Buffer.concat(Array.from({ length: Math.min(perChunk, count - sent) }, () => frame));
      if (!call.write(chunk)) await once(call, 'drain');
    }
    call.end();
    await ended;
  }

  async call(path: string, message: Uint8Array): Promise<void> {
    const call = this.#open(path);
    call.end(frameOf(message));
    await consume(call);
  }

  close(): void {
    this.#session.close();
  }

  #open(path: string): ClientHttp2Stream {
    return this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  }
}

function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Reads to the end; rejects unless the status is OK. */
async function consume(call: ClientHttp2Stream): Promise<void> {
  let status: unknown;
  const note = (headers: Record<string, unknown>): void => {
    status = headers['grpc-status'] ?? status;
  };
  call.on('response', note);
  call.on('trailers', note);
  call.resume();
  await once(call, 'close');
  if (status !== '0') throw new Error(`the server answered with status ${String(status)}`);
}
