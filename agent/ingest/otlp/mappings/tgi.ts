import { SpanStatus } from '../../../core/span-sink.ts';
import { PART, REQUEST } from '../server-mapping.ts';
import { declareRequests } from './request-mapping.ts';

/**
 * Text Generation Inference (router/src/server.rs): spans named after functions, durations as text in Rust's form. The
 * handler's span, which has `total_time` when it succeeded, is the request; those below it are parts, and so is
 * `compat_generate`, which calls a handler. It states neither model nor tokens nor the first token; its `time_per_token`
 * divides the whole inference, the prompt's too, and so is not the time per output token of others.
 */
export const tgi = declareRequests({
  server: 'tgi',
  fields: {
    latency: [['total_time', 'rust']],
    phases: [
      ['preprocess', [['validation_time', 'rust']]],
      ['queue', [['queue_time', 'rust']]],
      ['inference', [['inference_time', 'rust']]],
    ],
  },
  statesErrors: true,
  attributes: {
    total: 'total_time',
    perToken: 'time_per_token',
    namespace: 'code.namespace',
    module: 'code.module.name',
  },
  resource: { service: 'service.name' },
  events: {},
  texts: {
    service: 'text-generation-inference.router',
    module: 'text_generation_router::server',
    generate: 'generate',
    stream: 'generate_stream',
    chat: 'chat_completions',
    completions: 'completions',
  },
  bind: ({ attributes: keys, resource: own, texts }) => {
    const handlers = [texts.generate, texts.stream, texts.chat, texts.completions];
    return {
      claims: ({ attributes, resource }) =>
        (attributes.has(keys.total) && attributes.has(keys.perToken)) ||
        attributes.known(keys.namespace) === texts.module ||
        attributes.known(keys.module) === texts.module ||
        resource.known(own.service) === texts.service,
      judge: (span) => (span.attributes.has(keys.total) || handlers.includes(span.name) ? REQUEST : PART),
      amend: ({ attributes }, out) => {
        if (!attributes.has(keys.total)) out.status = SpanStatus.error;
      },
    };
  },
});
