import { REQUEST } from '../server-mapping.ts';
import { NOT_INFERENCE } from './gen-ai.ts';
import { declareRequests } from './request-mapping.ts';

/** OpenInference (Arize, Phoenix): spans that call a model have one of three kinds; chains, agents and tools are ignored. */
export const openInference = declareRequests({
  server: '',
  fields: {
    model: ['gen_ai.request.model', 'llm.model_name', 'embedding.model_name', 'reranker.model_name'],
    operation: ['openinference.span.kind'],
    inputTokens: ['llm.token_count.prompt'],
    outputTokens: ['llm.token_count.completion'],
  },
  statesErrors: true,
  attributes: { kind: 'openinference.span.kind' },
  resource: {},
  events: {},
  texts: { llm: 'LLM', embedding: 'EMBEDDING', reranker: 'RERANKER' },
  bind: ({ attributes: keys, texts }) => {
    const kinds = [texts.llm, texts.embedding, texts.reranker];
    return {
      claims: ({ attributes }) => attributes.has(keys.kind),
      judge: ({ attributes }) => (kinds.includes(attributes.known(keys.kind)) ? REQUEST : NOT_INFERENCE),
    };
  },
});
