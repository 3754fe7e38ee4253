import { EMPTY_ID } from '../../byte-intern.ts';
import { nsOfSeconds } from '../mapped-request.ts';
import { declareMapping, REQUEST } from '../server-mapping.ts';

/** OpenTelemetry's conventions for generative AI (semantic-conventions-genai, "Gen AI spans"): any server or client that follows them. */
export const genAi = declareMapping({
  server: '',
  attributes: {
    requestModel: 'gen_ai.request.model',
    responseModel: 'gen_ai.response.model',
    operation: 'gen_ai.operation.name',
    inputTokens: 'gen_ai.usage.input_tokens',
    outputTokens: 'gen_ai.usage.output_tokens',
    firstChunkSeconds: 'gen_ai.response.time_to_first_chunk',
  },
  resource: {},
  events: {},
  texts: {},
  bind: ({ attributes: keys }) => ({
    claims: ({ attributes }) => attributes.has(keys.requestModel) || attributes.has(keys.responseModel),
    map: ({ attributes }, out) => {
      const requestModelId = attributes.textId(keys.requestModel);
      out.modelId = requestModelId === EMPTY_ID ? attributes.textId(keys.responseModel) : requestModelId;
      out.operationId = attributes.textId(keys.operation);
      out.inputTokens = attributes.number(keys.inputTokens);
      out.outputTokens = attributes.number(keys.outputTokens);
      out.ttftNs = nsOfSeconds(attributes.number(keys.firstChunkSeconds));
      return REQUEST;
    },
  }),
});
