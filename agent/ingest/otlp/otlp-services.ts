import type { ServiceDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import type { CallContext } from '../span-call.ts';
import type { CallServer } from '../span-methods.ts';
import { DiscardedExportCall, type ExportTakers, TraceExportCall } from './export-call.ts';

const COLLECTOR = 'opentelemetry.proto.collector';
const TRACES = `${COLLECTOR}.trace.v1.TraceService`;
const METRICS = `${COLLECTOR}.metrics.v1.MetricsService`;
const LOGS = `${COLLECTOR}.logs.v1.LogsService`;

/** The services that every OTLP exporter knows. */
export const OTLP_SERVICES: readonly string[] = [TRACES, METRICS, LOGS];

/** Where they are declared, below the package's `proto` folder. */
export const OTLP_PROTO_FILES: readonly string[] = ['trace', 'metrics', 'logs'].map(
  (signal) => `opentelemetry/proto/collector/${signal}/v1/${signal}_service.proto`,
);

/** As the contract declares them, but that messages stay bytes, because our own reader takes them. */
export function createOtlpServices(protocol: PackageDefinition): readonly ServiceDefinition[] {
  const asBytes = {
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
  };
  return OTLP_SERVICES.map((name) => {
    const { Export } = protocol[name] as ServiceDefinition;
    return { Export: { ...Export, ...asBytes } };
  });
}

/** What serves their methods, by path. */
export function createOtlpMethods(context: CallContext, takers: ExportTakers): [string, CallServer][] {
  return [
    [`/${TRACES}/Export`, (call) => new TraceExportCall(call, context, takers, 'traces')],
    [`/${METRICS}/Export`, (call) => new DiscardedExportCall(call, context, takers, 'metrics')],
    [`/${LOGS}/Export`, (call) => new DiscardedExportCall(call, context, takers, 'logs')],
  ];
}
