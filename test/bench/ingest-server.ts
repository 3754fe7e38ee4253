import { join } from 'node:path';
import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { SeriesRecorder } from '../../agent/baseline/series-recorder.ts';
import { SystemClock } from '../../agent/core/clock.ts';
import { encodeBatchAck } from '../../agent/ingest/batch-ack-encoder.ts';
import { OperatorIntake } from '../../agent/ingest/operators/operator-intake.ts';
import { Forwarder } from '../../agent/ingest/otlp/forward/forwarder.ts';
import { OtlpIntake } from '../../agent/ingest/otlp/otlp-intake.ts';
import { OTLP_PROTO_FILES, OTLP_SERVICES } from '../../agent/ingest/otlp/otlp-services.ts';
import { RefusalCounter } from '../../agent/ingest/refusal-counter.ts';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { SpanServer } from '../../agent/ingest/span-server.ts';
import { SPAN_SERVICE } from '../../agent/ingest/span-service.ts';
import { Aggregator } from '../../agent/window/aggregator.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { ROOT } from '../source-files.ts';
import { DecodedExports, type DecodedRequest } from './decoded-exports.ts';
import { type DecodedBatch, DecodedIntake } from './decoded-intake.ts';

/**
 * A server of the ingest bench, a process of its own so that its CPU time stands apart: ours, or, if the argument
 * names options for it, the same service decoded by proto-loader. Ours feeds the recorder of series and the windows,
 * the others and `unrecorded` the windows alone. It tells the parent its
 * address, and answers any message with the CPU time used so far, in µs.
 */
const LOADER_OPTIONS: Readonly<Record<string, object>> = {
  /** What costs least. */
  decoded: { defaults: true },
  /** As proto-loader's documentation shows it. */
  documented: { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true },
};
const LATENESS_MS = 600_000;
const INTERVAL_MS = 10_000;

const clock = new SystemClock();
const log = new SilentLogger();
const aggregator = createAggregator();
const recorder = createRecorder();
/** What takes spans in the agent. */
const sink = process.argv[2] === 'unrecorded' ? aggregator : recorder;
const [, , service, farEnd] = process.argv;
const address = await serve(service);
setInterval(() => void flush(), 1000);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
process.send?.({ address });

function serve(name: string): Promise<string> {
  if (name === 'alone') return serveAlone();
  if (name === 'decoded-otlp') return serveDecodedOtlp();
  return name in LOADER_OPTIONS ? serveDecoded(LOADER_OPTIONS[name]) : serveOurs();
}

async function serveOurs(): Promise<string> {
  const rules = { latenessMs: LATENESS_MS, intervalMs: INTERVAL_MS, labels: [], labelBytes: 256 };
  const forwarder = farEnd === undefined ? undefined : createForwarder(farEnd);
  await forwarder?.start();
  const intakes = {
    own: new SpanIntake(rules, sink, clock, log),
    otlp: new OtlpIntake(rules, sink, clock, log),
    operators: new OperatorIntake({ ...rules, operators: 50 }, {}, clock),
    tap: forwarder,
  };
  const limits = { messageBytes: 4 << 20, streams: 1000 };
  const options = { listen: { address: '127.0.0.1:0' }, limits, refusals: new RefusalCounter() };
  const server = new SpanServer(options, intakes, log, clock);
  await server.start();
  return server.addresses()['grpc'];
}

function createForwarder(endpoint: string): Forwarder {
  const options = {
    endpoint,
    protocol: 'http/protobuf',
    headers: {},
    timeoutMs: 10_000,
    maxBytes: 64 << 20,
  } as const;
  return new Forwarder(options, { clock, log, random: Math.random });
}

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
  return new Aggregator(options, {}, { clock, log, yieldToLoop });
}

function createRecorder(): SeriesRecorder {
  const bounds = { series: 64, keepMs: 900_000, maxBytes: 32 * 2 ** 20 };
  const times = { intervalMs: INTERVAL_MS, latenessMs: LATENESS_MS };
  const gpuWindow = { name: '10s', windowMs: INTERVAL_MS };
  const created = new SeriesRecorder(aggregator, { ...bounds, ...times, gpuWindow }, { clock, yieldToLoop });
  created.start();
  return created;
}

async function flush(): Promise<void> {
  if (aggregator.nextFlushMs() > clock.wallMs()) return;
  await aggregator.flush(clock.wallMs(), () => {});
  await recorder.flush(clock.wallMs());
}

function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same service, as grpc-js and proto-loader serve it out of the box. */
async function serveDecoded(loaderOptions: object): Promise<string> {
  const protocol = loadSync('infermeter/v1/span_service.proto', {
    ...loaderOptions,
    includeDirs: [join(ROOT, 'proto')],
  });
  const intake = new DecodedIntake(aggregator, clock);
  const receive = (batch: DecodedBatch): object => intake.receive(batch);
  return servePlainly(protocol[SPAN_SERVICE] as ServiceDefinition, receive);
}

/** OTLP, as grpc-js and proto-loader serve it out of the box, with the options that cost least. */
async function serveDecodedOtlp(): Promise<string> {
  const [traces] = OTLP_PROTO_FILES;
  const protocol = loadSync(traces, { defaults: true, includeDirs: [join(ROOT, 'proto')] });
  const exports = new DecodedExports(aggregator, clock);
  const receive = (request: DecodedRequest): object => exports.receive(request);
  return servePlainly(protocol[OTLP_SERVICES[0]] as ServiceDefinition, receive);
}

/** The same service, which looks at no message: what grpc-js and HTTP/2 cost by themselves. */
async function serveAlone(): Promise<string> {
  const protocol = loadSync('infermeter/v1/span_service.proto', { includeDirs: [join(ROOT, 'proto')] });
  const declared = protocol[SPAN_SERVICE] as ServiceDefinition;
  const ack = encodeBatchAck({
    kind: 'ack',
    sequence: 1,
    accepted: 1,
    rejected: 0,
    duplicate: false,
    rejections: [],
  });
  const asBytes = { requestDeserialize: (bytes: Buffer) => bytes, responseSerialize: () => ack };
  const methods = Object.entries(declared).map(
    ([name, method]) => [name, { ...method, ...asBytes }] as const,
  );
  return servePlainly(Object.fromEntries(methods), () => ack);
}

function servePlainly<T>(service: ServiceDefinition, receive: (message: T) => object): Promise<string> {
  const plain = new Server({ 'grpc.enable_channelz': 0 });
  plain.addService(service, {
    export: (call: { request: T }, callback: (error: null, answer: object) => void) =>
      callback(null, receive(call.request)),
    report: (call: { request: T }, callback: (error: null, ack: object) => void) =>
      callback(null, receive(call.request)),
    stream: (call: NodeJS.ReadWriteStream & { write(ack: object): boolean }) => {
      call.on('data', (message: unknown) => call.write(receive(message as T)));
      call.on('end', () => call.end());
    },
  });
  return new Promise((resolve, reject) => {
    const bound = (error: Error | null, port: number): void =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`);
    plain.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
}
