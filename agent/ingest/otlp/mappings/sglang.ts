import { SpanStatus } from '../../../core/span-sink.ts';
import type { MappedRequest } from '../mapped-request.ts';
import type { ReadSpan } from '../read-span.ts';
import { PART, REQUEST } from '../server-mapping.ts';
import { GEN_AI_LATENCY } from './gen-ai-latency.ts';
import { declareRequests } from './request-mapping.ts';

const PREFILL_ROLE = /^prefill\b/i;

/**
 * SGLang (sglang/srt/observability): a root span a request, named after its role and id, and below it one for each
 * thread and stage, which are parts. Where prefill and decode run apart, both make a root (they alone have a
 * `bootstrap_room`): decode's, which ends with the answer, is the request. An aborted one says so among its finish
 * reasons; one that never finished makes no root.
 */
export const sglang = declareRequests({
  server: 'sglang',
  fields: {
    ...GEN_AI_LATENCY,
    inputTokens: ['gen_ai.usage.prompt_tokens'],
    outputTokens: ['gen_ai.usage.completion_tokens'],
  },
  statesErrors: false,
  attributes: {
    module: 'module',
    room: 'bootstrap_room',
    finishReasons: 'gen_ai.response.finish_reasons',
  },
  resource: {},
  events: {},
  texts: {
    scope: 'sglang server',
    request: 'sglang::request',
    stopped: '["stop"]',
    tooLong: '["length"]',
  },
  bind: ({ attributes: keys, texts }) => ({
    claims: ({ attributes, scope }) =>
      scope === texts.scope || attributes.known(keys.module) === texts.request,
    judge: (span) => {
      if (span.attributes.known(keys.module) !== texts.request) return PART;
      return span.attributes.has(keys.room) && PREFILL_ROLE.test(span.nameText) ? PART : REQUEST;
    },
    amend: ({ attributes }: ReadSpan, out: MappedRequest) => {
      if (out.status === SpanStatus.error || !attributes.has(keys.finishReasons)) return;
      const reasons = attributes.known(keys.finishReasons);
      const isUsual = reasons === texts.stopped || reasons === texts.tooLong;
      const isAborted = !isUsual && attributes.text(keys.finishReasons).includes('abort');
      out.status = isAborted ? SpanStatus.error : SpanStatus.ok;
    },
  }),
});
