import type { CallListener, DirectCall } from './direct-calls.ts';
import { ReportCall } from './report-call.ts';
import type { CallContext } from './span-call.ts';
import type { SpanIntake } from './span-intake.ts';
import { SPAN_SERVICE } from './span-service.ts';
import { StreamCall } from './stream-call.ts';

/** Serves a method's calls. */
export type CallServer = (call: DirectCall) => CallListener;

/** What serves the methods of `SpanService`, by path. */
export function createSpanMethods(context: CallContext, intake: SpanIntake): [string, CallServer][] {
  return [
    [`/${SPAN_SERVICE}/Report`, (call) => new ReportCall(call, context, intake)],
    [`/${SPAN_SERVICE}/Stream`, (call) => new StreamCall(call, context, intake)],
  ];
}
