import { dirname, join } from 'node:path';
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { ROOT } from '../../source-files.ts';

type Fields = Readonly<Record<string, unknown>>;

const PROTO = join(ROOT, 'proto/infermeter/v1/operator_service.proto');
const OPTIONS = { longs: Number, defaults: true, includeDirs: [dirname(dirname(dirname(PROTO)))] };

/** The method as a client of any language gets it from the contract. */
const { Report } = loadSync(PROTO, OPTIONS)['infermeter.v1.OperatorService'] as ServiceDefinition as Readonly<
  Record<string, MethodDefinition<Fields, Fields>>
>;

export function encodeReport(fields: Fields): Buffer {
  return Report.requestSerialize(fields);
}

/** Sends a report, given by its fields or as bytes; rejects with the call's status. */
export async function sendReport(address: string, report: Fields | Buffer, token?: string): Promise<Fields> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const bytes = Buffer.isBuffer(report) ? report : encodeReport(report);
  try {
    return await new Promise<Fields>((resolve, reject) => {
      const done = (error: ServiceError | null, ack?: Fields): void =>
        ack === undefined ? reject(error) : resolve(ack);
      client.makeUnaryRequest(
        Report.path,
        (value: Buffer) => value,
        Report.responseDeserialize,
        bytes,
        metadata,
        done,
      );
    });
  } finally {
    client.close();
  }
}
