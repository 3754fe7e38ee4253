import { EMPTY_ID } from '../../byte-intern.ts';
import { declareMapping, REQUEST } from '../server-mapping.ts';
import { HTTP_ATTRIBUTES, HTTP_EVENTS, HTTP_TEXTS, HttpSpans } from './http-span.ts';
import { FieldReader, keysOf, type RequestFields } from './request-fields.ts';

/** What a server's own code may add to the span that its framework makes; without it the route names the model. */
const FIELDS: RequestFields = {
  model: ['model', 'model.name', 'model_name'],
  variant: ['variant', 'model.variant'],
  version: ['model.version', 'model_version'],
  inputTokens: ['gen_ai.usage.input_tokens'],
  outputTokens: ['gen_ai.usage.output_tokens'],
  batchSize: ['batch_size'],
};

/**
 * Any HTTP server with OpenTelemetry's instrumentation: FastAPI, Flask, BentoML and others. Its span of kind SERVER is the
 * request, unless a model's span in the same trace is: then it is a part. Messages of ASGI, probes, and requests that
 * were refused for what the client sent (4xx) are ignored, each by a rule of its own.
 */
export const httpServer = declareMapping({
  server: '',
  attributes: { ...HTTP_ATTRIBUTES, ...Object.fromEntries(keysOf(FIELDS).map((key) => [key, key])) },
  resource: { model: 'model', variant: 'variant' },
  events: HTTP_EVENTS,
  texts: HTTP_TEXTS,
  bind: (slots) => {
    const http = new HttpSpans(slots);
    const keys: Readonly<Record<string, number>> = slots.attributes;
    const reader = new FieldReader(FIELDS, (key) => keys[key]);
    const { resource: own, traces } = slots;
    return {
      claims: (span) => http.claims(span),
      map: (span, out) => {
        const verdict = http.judge(span);
        if (verdict !== REQUEST) return verdict;
        reader.read(span, out);
        if (out.modelId === EMPTY_ID) out.modelId = span.resource.textId(own.model);
        if (out.variantId === EMPTY_ID) out.variantId = span.resource.textId(own.variant);
        http.describe(span, out);
        return traces.judge(span, out);
      },
    };
  },
});
