import type { AgentStatus } from '../core/status.ts';
import type { SendOutcome } from './span-sender.ts';

/** What became of a test span. */
export interface TestReport {
  readonly outcome: 'accepted' | 'rejected' | 'failed';
  readonly target: string;
  readonly model: string;
  readonly variant: string;
  readonly roundTripMs: number;
  /** Of a rejection the wire contract's reason, of a failure the gRPC status. */
  readonly reason?: string;
  /** In words, with what to do. */
  readonly explanation: string;
  /** What the agent says of itself; absent where it could not be asked. */
  readonly agent?: Pick<AgentStatus, 'instance' | 'intervalMs' | 'degraded' | 'exporters'>;
  /** Why it could not be asked. */
  readonly statusProblem?: string;
}

/** What an outcome means, and what to look at. */
export function explainOutcome(outcome: SendOutcome, target: string): string {
  switch (outcome.kind) {
    case 'accepted':
      return 'the span counts, and will be in the next point of its series';
    case 'rejected':
      return REJECTIONS[outcome.reason] ?? 'the agent refused the span';
    case 'failed':
      return (FAILURES[outcome.code] ?? unexpected)(target, outcome.detail);
  }
}

/** For eyes. */
export function formatReport(report: TestReport): string {
  const { outcome, target, model, variant, roundTripMs, reason, explanation, agent, statusProblem } = report;
  const rows = [
    ['sent', `one span of ${model}/${variant} to ${target} (${Math.round(roundTripMs)} ms)`],
    [outcome, reason === undefined ? explanation : `${reason}: ${explanation}`],
    ...(agent === undefined ? [] : agentRows(agent)),
    ...(statusProblem === undefined ? [] : [['status', statusProblem]]),
  ];
  return rows.map(([name, text]) => `${name.padEnd(8)}  ${text}\n`).join('');
}

const REJECTIONS: Readonly<Record<string, string>> = {
  too_late: "it completed too long ago by the agent's clock: compare the clocks, and `lateness`",
  clock_ahead: "it completed in the future by the agent's clock: compare the clocks",
  label_too_long: 'model or variant is longer than `limits.label_bytes`',
  label_invalid: 'model or variant holds characters that are not allowed',
  missing_model: 'a span needs a model',
};

type Explain = (target: string, detail: string) => string;

const unexpected: Explain = (_target, detail) => detail;

const FAILURES: Readonly<Record<string, Explain>> = {
  UNAVAILABLE: (target, detail) =>
    `nothing usable answers at ${target}: is the agent running, is this its listen.grpc, and do both sides use TLS or neither? (${detail})`,
  DEADLINE_EXCEEDED: (target) =>
    `no answer from ${target} in time: is something in between holding it, or is something else listening there?`,
  UNAUTHENTICATED: () => 'the agent wants a bearer token: give --token-file with one of its tokens',
  PERMISSION_DENIED: () => 'the agent does not take this token',
  UNIMPLEMENTED: (target) => `what listens at ${target} is no infermeter: a collector, perhaps?`,
  RESOURCE_EXHAUSTED: (_target, detail) => `the agent is at a limit: ${detail}`,
  CANCELLED: () => 'interrupted',
};

function agentRows({
  instance,
  intervalMs,
  degraded,
  exporters,
}: NonNullable<TestReport['agent']>): string[][] {
  const trouble = degraded.map(({ component, reason }) => ['degraded', `${component}: ${reason}`]);
  const stores = exporters.map(
    ({ name, state, reason }) => `${name} ${state}${reason ? ` (${reason})` : ''}`,
  );
  return [
    ['agent', `${instance}, a point every ${intervalMs / 1000} s`],
    ['stores', stores.length === 0 ? 'none' : stores.join(', ')],
    ...trouble,
  ];
}
