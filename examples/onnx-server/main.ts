import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createClient } from '../../clients/node/index.ts';
import { Classifier } from './classifier.ts';
import { LAYER_SIZES } from './network-shape.ts';
import { randomLayers } from './network-weights.ts';
import { createPredictionServer } from './prediction-server.ts';

/** Serves on $PORT (8080) of loopback and reports to the agent at $INFERMETER_ADDRESS (127.0.0.1:4317). */
const port = Number(process.env['PORT'] ?? 8080);
const address = process.env['INFERMETER_ADDRESS'] ?? '127.0.0.1:4317';

const client = createClient({
  address,
  onError: ({ kind, message }) => console.error(`infermeter client, ${kind}: ${message}`),
});
const layers = randomLayers(LAYER_SIZES, 42);
const classifiers = {
  fp32: await Classifier.load(layers, 'fp32'),
  int8: await Classifier.load(layers, 'int8'),
};
const server = createPredictionServer(classifiers, client);
server.listen(port, '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/predict?variant=int8`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  server.close();
  server.closeAllConnections();
  await client.close(1000);
  process.exit(0);
}
