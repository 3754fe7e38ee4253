import { ignoredBy, REQUEST } from '../server-mapping.ts';
import { declareRequests } from './request-mapping.ts';

/** Agents, tools and workflows, whose calls of models are spans of their own. */
export const NOT_INFERENCE = ignoredBy('not_inference');

/**
 * OpenTelemetry's conventions for generative AI (semantic-conventions-genai, "Gen AI spans"), old names and new: any
 * server or client that follows them. A span of `kind` CLIENT is what a caller sees of the model, network included.
 */
export const genAi = declareRequests({
  server: '',
  fields: {
    model: ['gen_ai.request.model', 'gen_ai.response.model'],
    operation: ['gen_ai.operation.name'],
    ttft: [
      ['gen_ai.response.time_to_first_chunk', 's'],
      ['gen_ai.latency.time_to_first_token', 's'],
    ],
    inputTokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
    outputTokens: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
  },
  statesErrors: true,
  attributes: {
    requestModel: 'gen_ai.request.model',
    responseModel: 'gen_ai.response.model',
    operation: 'gen_ai.operation.name',
    provider: 'gen_ai.provider.name',
    system: 'gen_ai.system',
  },
  resource: {},
  events: {},
  texts: {
    chat: 'chat',
    completion: 'text_completion',
    content: 'generate_content',
    embeddings: 'embeddings',
    createAgent: 'create_agent',
    agent: 'invoke_agent',
    workflow: 'invoke_workflow',
    tool: 'execute_tool',
  },
  bind: ({ attributes: keys, texts }) => {
    const inference = [texts.chat, texts.completion, texts.content, texts.embeddings];
    const others = [texts.createAgent, texts.agent, texts.workflow, texts.tool];
    return {
      claims: ({ attributes }) =>
        attributes.has(keys.requestModel) ||
        attributes.has(keys.operation) ||
        attributes.has(keys.responseModel) ||
        attributes.has(keys.provider) ||
        attributes.has(keys.system),
      judge: ({ attributes }) => {
        const operation = attributes.known(keys.operation);
        if (inference.includes(operation)) return REQUEST;
        if (others.includes(operation)) return NOT_INFERENCE;
        const hasModel = attributes.has(keys.requestModel) || attributes.has(keys.responseModel);
        return hasModel ? REQUEST : NOT_INFERENCE;
      },
    };
  },
});
