import { type ExportWords, Kind, type SpanWords, type Value } from '../span-builder.ts';
import { type IgnoredCase, itMaps, type RequestCase } from './mapping-cases.ts';

type Attributes = Readonly<Record<string, Value>>;

const served = (attributes: Attributes, span: SpanWords = {}, resource: Attributes = {}): ExportWords => ({
  scope: 'opentelemetry.instrumentation.fastapi',
  resource: { 'service.name': 'fraud', ...resource },
  spans: [{ name: 'POST /predict', kind: Kind.server, durationNs: 5e6, attributes, ...span }],
});

const NEW = {
  'http.request.method': 'POST',
  'http.route': '/predict',
  'http.response.status_code': 200,
  'url.path': '/predict',
};
const OLD = {
  'http.method': 'POST',
  'http.route': '/predict',
  'http.status_code': 200,
  'http.target': '/predict?user=7',
};
const { 'http.route': _, ...ROUTELESS } = NEW;
const REQUEST = { model: '/predict', latencyNs: 5e6, status: 'ok' };
const V2 = '/v2/models/{model_name}/infer';

const REQUESTS: readonly RequestCase[] = [
  ['the new names', served(NEW), REQUEST],
  ['the old names', served(OLD), REQUEST],
  ['no route', served(ROUTELESS), { ...REQUEST, model: 'fraud' }],
  [
    'a failure of the server',
    served({ ...NEW, 'http.response.status_code': 500 }),
    { ...REQUEST, status: 'error' },
  ],
  ['a failure by the old name', served({ ...OLD, 'http.status_code': 503 }), { ...REQUEST, status: 'error' }],
  ['a failure by status', served(NEW, { status: 2 }), { ...REQUEST, status: 'error' }],
  ['a failure by exception', served(NEW, { events: { exception: 9 } }), { ...REQUEST, status: 'error' }],
  ['a status code as text', served({ ...OLD, 'http.status_code': '500' }), { ...REQUEST, status: 'error' }],
  ['no status code at all', served({ 'http.method': 'POST', 'http.route': '/predict' }), REQUEST],
  [
    'a model and a batch that the server adds itself',
    served({ ...NEW, model: 'xgb', variant: 'int8', 'model.version': 3, batch_size: 32 }),
    {
      model: 'xgb',
      variant: 'int8',
      version: '3',
      operation: '/predict',
      latencyNs: 5e6,
      status: 'ok',
      batchSize: 32,
    },
  ],
  [
    'model and variant of the resource',
    served(NEW, {}, { model: 'xgb', variant: 'int8' }),
    { model: 'xgb', variant: 'int8', operation: '/predict', latencyNs: 5e6, status: 'ok' },
  ],
  [
    'KServe: the model of the path',
    served({ ...NEW, 'http.route': V2, 'url.path': '/v2/models/resnet/infer' }),
    { model: 'resnet', operation: V2, server: 'kserve', latencyNs: 5e6, status: 'ok' },
  ],
  [
    'KServe: model and version of the path, by the old names',
    served({
      ...OLD,
      'http.route': '/v2/models/{model_name}/versions/{model_version}/infer',
      'http.target': '/v2/models/resnet/versions/2/infer?x=1',
    }),
    {
      model: 'resnet',
      version: '2',
      operation: '/v2/models/{model_name}/versions/{model_version}/infer',
      server: 'kserve',
      latencyNs: 5e6,
      status: 'ok',
    },
  ],
  [
    'KServe: the first protocol',
    served({
      ...NEW,
      'http.route': '/v1/models/{model_name}:predict',
      'url.path': '/v1/models/sklearn:predict',
    }),
    {
      model: 'sklearn',
      operation: '/v1/models/{model_name}:predict',
      server: 'kserve',
      latencyNs: 5e6,
      status: 'ok',
    },
  ],
  [
    'KServe: a path that is not known',
    served({ 'http.method': 'POST', 'http.route': V2 }),
    { model: V2, server: 'kserve', latencyNs: 5e6, status: 'ok' },
  ],
];

const IGNORED: readonly IgnoredCase[] = [
  [
    'a message of ASGI',
    served({ 'asgi.event.type': 'http.response.start' }, { kind: Kind.internal }),
    'asgi_message',
  ],
  [
    'a message of older ASGI',
    served({ type: 'http.response.body' }, { kind: Kind.internal }),
    'asgi_message',
  ],
  ['a call to elsewhere', served(NEW, { kind: Kind.client }), 'http_client'],
  ['a probe', served({ ...NEW, 'http.route': '/healthz' }), 'http_probe'],
  ['a probe without a route', served({ 'http.method': 'GET', 'http.target': '/metrics' }), 'http_probe'],
  ['a bad request', served({ ...NEW, 'http.response.status_code': 422 }), 'http_client_error'],
  [
    'an internal span of another type',
    served({ type: 'tokenize' }, { kind: Kind.internal }),
    'unknown_shape',
  ],
];

describe('mappings of HTTP servers', () => {
  itMaps(REQUESTS, IGNORED);
});
