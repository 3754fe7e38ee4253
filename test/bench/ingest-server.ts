import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { SystemClock } from '../../agent/core/clock.ts';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { SpanServer } from '../../agent/ingest/span-server.ts';
import { loadProtocol, SPAN_SERVICE } from '../../agent/ingest/span-service.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { type DecodedBatch, DecodedIntake } from './decoded-intake.ts';

/**
 * The server of the ingest bench, a process of its own so that its CPU time stands apart. Our service and the one
 * decoded by proto-loader feed aggregators alike, whose windows are flushed each second. Any message from the
 * parent is answered with the CPU time used so far, in µs.
 */
const LATENESS_MS = 600_000;
const INTERVAL_MS = 10_000;

const clock = new SystemClock();
const log = new SilentLogger();

const [ours, decoded] = [createAggregator(), createAggregator()];
const intake = new SpanIntake(
  { latenessMs: LATENESS_MS, intervalMs: INTERVAL_MS, labels: [] },
  ours,
  clock,
  log,
);
const limits = { messageBytes: 4 << 20, streams: 1000 };
const server = new SpanServer({ listen: { address: '127.0.0.1:0' }, limits }, intake, log, clock);
await server.start();
const decodedPort = await serveDecoded(new DecodedIntake(decoded, clock));
setInterval(() => void flushAll(), 1000);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.send?.({ ours: server.addresses()['grpc'], decoded: `127.0.0.1:${decodedPort}` });

function createAggregator(): Aggregator {
  const options = {
    intervalMs: INTERVAL_MS,
    windowsMs: [10_000, 60_000, 300_000],
    latenessMs: LATENESS_MS,
    graceMs: 2000,
    maxSeries: 2000,
    maxNewSeriesPerDay: 10_000,
    objectives: [],
  };
  const yieldToLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return new Aggregator(options, {}, { clock, log, yieldToLoop });
}

async function flushAll(): Promise<void> {
  for (const aggregator of [ours, decoded]) {
    if (aggregator.nextFlushMs() <= clock.wallMs()) await aggregator.flush(clock.wallMs(), () => {});
  }
}

/** The same service, as grpc-js and proto-loader serve it out of the box. */
async function serveDecoded(decodedIntake: DecodedIntake): Promise<number> {
  const plain = new Server();
  plain.addService(loadProtocol()[SPAN_SERVICE] as ServiceDefinition, {
    report: (call: { request: DecodedBatch }, callback: (error: null, ack: object) => void) =>
      callback(null, decodedIntake.receive(call.request)),
    stream: (call: NodeJS.ReadWriteStream & { write(ack: object): boolean }) => {
      call.on('data', (batch: unknown) => call.write(decodedIntake.receive(batch as DecodedBatch)));
      call.on('end', () => call.end());
    },
  });
  return new Promise((resolve, reject) => {
    const bound = (error: Error | null, port: number): void => (error ? reject(error) : resolve(port));
    plain.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
}
