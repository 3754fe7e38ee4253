import type { CallListener, DirectCall } from './direct-calls.ts';
import { ReportCall } from './report-call.ts';
import type { CallContext } from './span-call.ts';
import { SPAN_SERVICE } from './span-service.ts';
import { StreamCall } from './stream-call.ts';

/** What serves the methods of `SpanService`, by path. */
export function createSpanMethods(context: CallContext) {
  return new Map([
    [`/${SPAN_SERVICE}/Report`, (call: DirectCall): CallListener => new ReportCall(call, context)],
    [`/${SPAN_SERVICE}/Stream`, (call: DirectCall): CallListener => new StreamCall(call, context)],
  ]);
}
