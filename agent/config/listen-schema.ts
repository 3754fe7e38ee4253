import { boolean, listenAddress, MAX_PATH, section, text } from './option.ts';

/** A listener: its address, or a map with what else it needs. */
function listener(info: { help: string; sameAs?: string }, address: string, mayBeEmpty: boolean) {
  const help = mayBeEmpty ? 'Where to listen. Empty: off.' : 'Where to listen.';
  return section(
    { ...info, shorthand: 'address' },
    {
      address: listenAddress(help, { mayBeEmpty }).prefault(address),
      tls: section(
        { help: 'TLS, where both files are given. They are read again when they change.' },
        {
          cert_file: text('Certificate chain, PEM.', {
            max: MAX_PATH,
            example: '/etc/infermeter/tls.crt',
          }).optional(),
          key_file: text('Private key, PEM.', {
            max: MAX_PATH,
            example: '/etc/infermeter/tls.key',
          }).optional(),
          client_ca_file: text('Only clients with a certificate of these authorities may connect, PEM.', {
            max: MAX_PATH,
            example: '/etc/infermeter/clients.crt',
          }).optional(),
        },
      ).prefault({}),
      token_file: text('Bearer tokens, one a line; a request needs one of them.', {
        max: MAX_PATH,
        example: '/etc/infermeter/tokens',
      }).optional(),
      insecure: boolean(
        'Allows an address that other machines can reach without TLS: spans and tokens then cross the network in the clear.',
      ).prefault('false'),
    },
  ).prefault({});
}

/** `listen`: where spans and readers come in. */
export const listen = section(
  {
    help: 'Listeners. Each is an address (host:port, [v6]:port, or :port for all interfaces), or a map with address, tls, token_file and insecure.',
  },
  {
    grpc: listener(
      {
        help: 'Spans over gRPC, of our own service and of OTLP, with health and reflection on the same port.',
      },
      '127.0.0.1:4317',
      false,
    ),
    socket: text('A Unix socket for the same gRPC service. Empty: off.', {
      max: 107,
      mayBeEmpty: true,
    }).prefault(''),
    otlp_http: listener(
      { help: 'OTLP over HTTP, protobuf and JSON, at /v1/traces.', sameAs: 'listen.grpc' },
      '127.0.0.1:4318',
      true,
    ),
    http: listener(
      { help: 'The page, /api, /metrics, /healthz and /readyz.', sameAs: 'listen.grpc' },
      '127.0.0.1:9865',
      true,
    ),
    health: listener(
      {
        help: 'Only /healthz, /readyz and /metrics, for a kubelet that cannot reach loopback. Empty: off.',
        sameAs: 'listen.grpc',
      },
      '',
      true,
    ),
  },
).prefault({});
