import { HeldNames } from '../held-names.ts';
import { SpanKind } from '../read-span.ts';
import { declareMapping, REQUEST } from '../server-mapping.ts';
import { HTTP_ATTRIBUTES, HTTP_EVENTS, HTTP_TEXTS, HttpSpans } from './http-span.ts';

/** The model's name and version as the paths of the Open Inference Protocol and of KServe's first one hold them. */
const PATH =
  /^\/v[12]\/models\/([^/:?]+)(?:\/versions\/([^/:?]+))?(?:\/infer|\/generate|\/generate_stream|:predict)/;

/**
 * KServe's own model server, where it differs from any HTTP server: all models share a route, and the path names the one
 * that was asked. The protocol has no timings, so that latency is all there is. Models under LLMInferenceService are
 * vLLM's spans. Either way 5 % of requests are traced by default, and all that carry a sampled `traceparent`: figures of
 * load need `sample_rate`, and traced callers are seen too often.
 */
export const kserve = declareMapping({
  server: 'kserve',
  attributes: HTTP_ATTRIBUTES,
  resource: { variant: 'variant' },
  events: HTTP_EVENTS,
  texts: {
    ...HTTP_TEXTS,
    infer: '/v2/models/{model_name}/infer',
    inferVersion: '/v2/models/{model_name}/versions/{model_version}/infer',
    generate: '/v2/models/{model_name}/generate',
    generateStream: '/v2/models/{model_name}/generate_stream',
    generateVersion: '/v2/models/{model_name}/versions/{model_version}/generate',
    streamVersion: '/v2/models/{model_name}/versions/{model_version}/generate_stream',
    predict: '/v1/models/{model_name}:predict',
  },
  bind: (slots) => {
    const { attributes: keys, texts, resource: own, traces, intern } = slots;
    const names = new HeldNames(intern);
    const { infer, inferVersion, generate, generateVersion, generateStream, streamVersion, ...others } =
      texts;
    const { predict, ...common } = others;
    const routes = new Set([
      infer,
      inferVersion,
      generate,
      generateVersion,
      generateStream,
      streamVersion,
      predict,
    ]);
    const http = new HttpSpans({ ...slots, texts: common });
    return {
      claims: ({ attributes, kind }) => kind === SpanKind.server && routes.has(attributes.known(keys.route)),
      map: (span, out) => {
        const verdict = http.judge(span);
        if (verdict !== REQUEST) return verdict;
        const { attributes, resource } = span;
        const path = attributes.text(attributes.has(keys.path) ? keys.path : keys.oldTarget);
        const [, model = '', version = ''] = PATH.exec(path) ?? [];
        out.modelId = names.idOf(model);
        out.versionId = names.idOf(version);
        out.variantId = resource.textId(own.variant);
        http.describe(span, out);
        return traces.judge(span, out);
      },
    };
  },
});
