import { byteSize, choice, duration, httpUrl, MAX_PATH, map, section, text } from './option.ts';

/** `forward`: where OTLP exports go on to. */
export const forward = section(
  {
    help: 'Every OTLP export that is accepted, traces, metrics and logs, goes on as it came to the endpoint that the server had before. Off without an endpoint.',
  },
  {
    endpoint: httpUrl(
      'An OTLP endpoint, without /v1/traces; https:// means TLS, with the certificate authorities of Node (NODE_EXTRA_CA_CERTS adds some).',
      { example: 'http://collector:4318' },
    ).optional(),
    protocol: choice(
      'How the endpoint is spoken to; auto: grpc at port 4317, else http/protobuf. JSON stays JSON over HTTP; over gRPC it cannot go on, and is dropped and counted.',
      ['auto', 'grpc', 'http/protobuf'],
    ).prefault('auto'),
    headers: map(
      'Sent with every request. Secrets are better in headers_file.',
      text('A header.', { max: 8192 }),
      { takes: 'a map of at most 32 headers, such as {x-tenant: a}', secret: true },
    ).prefault({}),
    headers_file: text(
      'File with further headers, one `name: value` a line, such as `authorization: Bearer …`; read again when it changes.',
      { max: MAX_PATH, example: '/run/secrets/otlp-headers' },
    ).optional(),
    timeout: duration('How long one request may take.', { min: '100ms', max: '5m' }).prefault('10s'),
    max_bytes: byteSize(
      'Exports that wait in memory for an endpoint that is slow or away; the oldest go first.',
      { min: '64KiB', max: '4GiB' },
    ).prefault('16MiB'),
  },
).prefault({});
