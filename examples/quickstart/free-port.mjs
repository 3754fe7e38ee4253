import { once } from 'node:events';
import { createServer } from 'node:net';

/** `preferred` if nobody listens there on loopback, else a free port of the system's choice. */
export async function findFreePort(preferred) {
  return (await tryPort(preferred)) ?? (await tryPort(0));
}

async function tryPort(port) {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return server.address().port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
