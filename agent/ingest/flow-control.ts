import { EventEmitter } from 'node:events';
import type { ServerHttp2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

const STREAM_WINDOW_BYTES = 4 << 20;
const SESSION_WINDOW_BYTES = 16 << 20;

/**
 * Lets clients send more before they have to wait for us than HTTP/2's 64 KiB. grpc-js has no option for it on the
 * server, so this looks for its private list of HTTP/2 servers; without it the server is slower, not wrong.
 */
export function widenWindows(server: Server): void {
  const http2Servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(http2Servers instanceof Map)) return;
  for (const http2Server of http2Servers.keys()) {
    if (http2Server instanceof EventEmitter) http2Server.on('session', widenSession);
  }
}

function widenSession(session: ServerHttp2Session): void {
  session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
  session.setLocalWindowSize(SESSION_WINDOW_BYTES);
}
