import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { OperatorProfile } from '../baseline/recording.ts';
import { OTHER_OPERATORS } from '../core/operator-name.ts';
import { type OperatorTotals, rankOperators } from '../core/operator-totals.ts';
import type { SeriesTags } from '../core/series-tags.ts';
import type { CommandContext } from './command-context.ts';
import { callGrpc, type GrpcAccess, type GrpcAnswer } from './grpc-call.ts';

/** `OperatorAck` of the wire contract. */
export interface OperatorAck {
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicate: boolean;
  readonly reason: string;
}

/** Operators of a device that are sent one by one: more than an agent keeps, and few enough for one message. */
const MAX_SENT = 1000;
const TIMEOUT_MS = 10_000;

/**
 * Sends a profile through `OperatorService/Report`: its points stand at the time at which it is sent. The same profile of
 * the same series counts once.
 */
export function sendOperators(
  context: CommandContext,
  access: GrpcAccess,
  series: SeriesTags,
  profile: OperatorProfile,
): Promise<GrpcAnswer<OperatorAck>> {
  const { protoPath, clock, signal } = context;
  const { model, variant } = series;
  const { profiler, iterations } = profile;
  const operators = rankOperators(profile.operators, MAX_SENT).flatMap(({ device, top, others }) => [
    ...top.map(asMessage),
    ...(others.operators === 0
      ? []
      : [asMessage({ name: OTHER_OPERATORS, device, totalNs: others.selfNs, ...others })]),
  ]);
  const profileId = createHash('sha256')
    .update(JSON.stringify([series, profile]))
    .digest();
  return callGrpc<OperatorAck>(access, {
    protoPath: join(dirname(protoPath), 'operator_service.proto'),
    service: 'infermeter.v1.OperatorService',
    method: 'Report',
    message: { profileId, series: { model, variant }, profiler, iterations, operators },
    deadlineMs: clock.wallMs() + TIMEOUT_MS,
    signal,
  });
}

function asMessage({ name, device, calls, totalNs, selfNs }: OperatorTotals): object {
  return { name, device, calls, totalNano: Math.round(totalNs), selfNano: Math.round(selfNs) };
}
