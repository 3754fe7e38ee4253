import { PART, REQUEST } from '../server-mapping.ts';
import { NOT_INFERENCE } from './gen-ai.ts';
import { declareRequests } from './request-mapping.ts';

/**
 * Vercel's AI SDK (experimental_telemetry): each call of a model is a `doGenerate`, `doStream` or `doEmbed` span; the span
 * around it, which may hold several steps, is a part. Times are milliseconds.
 */
export const vercel = declareRequests({
  server: '',
  fields: {
    model: ['gen_ai.request.model', 'gen_ai.response.model', 'ai.model.id'],
    operation: ['ai.operationId'],
    ttft: [['ai.response.msToFirstChunk', 'ms']],
    inputTokens: [
      'ai.usage.inputTokens',
      'ai.usage.promptTokens',
      'ai.usage.tokens',
      'gen_ai.usage.input_tokens',
    ],
    outputTokens: ['ai.usage.outputTokens', 'ai.usage.completionTokens', 'gen_ai.usage.output_tokens'],
  },
  statesErrors: true,
  attributes: { operation: 'ai.operationId', model: 'ai.model.id' },
  resource: {},
  events: {},
  texts: {
    generateText: 'ai.generateText.doGenerate',
    streamText: 'ai.streamText.doStream',
    generateObject: 'ai.generateObject.doGenerate',
    streamObject: 'ai.streamObject.doStream',
    embed: 'ai.embed.doEmbed',
    embedMany: 'ai.embedMany.doEmbed',
    tool: 'ai.toolCall',
  },
  bind: ({ attributes: keys, texts }) => {
    const { tool, ...calls } = texts;
    const requests = Object.values(calls);
    return {
      claims: ({ attributes }) => attributes.has(keys.operation) || attributes.has(keys.model),
      judge: (span) => {
        const stated = span.attributes.has(keys.operation);
        const operation = stated ? span.attributes.known(keys.operation) : span.name;
        if (requests.includes(operation)) return REQUEST;
        return operation === tool ? NOT_INFERENCE : PART;
      },
    };
  },
});
