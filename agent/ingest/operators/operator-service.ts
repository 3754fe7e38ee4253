import { join } from 'node:path';
import { type ServiceDefinition, status } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import type { DirectCall } from '../direct-calls.ts';
import type { CallContext } from '../span-call.ts';
import type { CallServer } from '../span-methods.ts';
import { UnaryCall } from '../unary-call.ts';
import type { OperatorIntake } from './operator-intake.ts';

export const OPERATOR_SERVICE = 'infermeter.v1.OperatorService';

/** Where it is declared, below the package's `proto` folder. */
export const OPERATOR_PROTO_FILE = join('infermeter', 'v1', 'operator_service.proto');

/** As the contract declares it, but that requests stay bytes, because our own reader takes them. */
export function createOperatorService(protocol: PackageDefinition): ServiceDefinition {
  const { Report } = protocol[OPERATOR_SERVICE] as ServiceDefinition;
  return { Report: { ...Report, requestDeserialize: (bytes: Buffer) => bytes } };
}

/** What serves its methods, by path. */
export function createOperatorMethods(context: CallContext, intake: OperatorIntake): [string, CallServer][] {
  return [[`/${OPERATOR_SERVICE}/Report`, (call) => new OperatorCall(call, context, intake)]];
}

/** A call of `Report`: one profile, one ack. */
class OperatorCall extends UnaryCall {
  readonly #intake: OperatorIntake;

  constructor(call: DirectCall, context: CallContext, intake: OperatorIntake) {
    super(call, context);
    this.#intake = intake;
  }

  protected answer(message: Uint8Array): void {
    const receipt = this.#intake.receive(message);
    if (receipt.kind === 'malformed') this.end(status.INVALID_ARGUMENT, receipt.reason);
    else if (receipt.kind === 'full') this.end(status.RESOURCE_EXHAUSTED, receipt.reason);
    else this.reply(receipt);
  }
}
