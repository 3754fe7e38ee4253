import type { Clock } from '../../../core/clock.ts';
import type { ExportSender } from './export-sender.ts';
import { GrpcSender } from './grpc-sender.ts';
import { HttpSender } from './http-sender.ts';

/** Requests under way at a time: a far end that is far away then still keeps up. */
export const MAX_ABREAST = 8;

export interface FarEnd {
  /** http:// or https://, without a slash at its end. */
  readonly endpoint: string;
  readonly protocol: 'grpc' | 'http/protobuf';
}

export function createSender({ endpoint, protocol }: FarEnd, clock: Clock): ExportSender {
  return protocol === 'grpc' ? new GrpcSender(endpoint) : new HttpSender(endpoint, MAX_ABREAST, clock);
}
