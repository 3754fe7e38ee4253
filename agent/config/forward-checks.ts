import { forwardHeaderProblem } from '../core/forward-header.ts';
import { isLoopback, type ListenAddress, parseListenAddress } from '../core/listen-address.ts';
import type { Conflict } from './conflict.ts';
import type { ParsedConfig } from './schema.ts';

const MAX_HEADERS = 32;
const SIGNAL_PATH = /\/v1\/(traces|metrics|logs)$/;
const UNSPECIFIED = ['', '0.0.0.0', '::'];

/** What is wrong with `forward`, also beside `listen`: exports must not come back to where they came from. */
export function forwardConflicts({ forward, listen }: ParsedConfig): readonly Conflict[] {
  return [...endpointConflicts(forward), ...circles(forward.endpoint, listen), ...headerConflicts(forward)];
}

/** The protocol that is meant. */
export function forwardProtocol({
  endpoint = '',
  protocol,
}: ParsedConfig['forward']): 'grpc' | 'http/protobuf' {
  if (protocol !== 'auto') return protocol;
  return new URL(endpoint).port === '4317' ? 'grpc' : 'http/protobuf';
}

function endpointConflicts(forward: ParsedConfig['forward']): Conflict[] {
  const { endpoint } = forward;
  if (endpoint === undefined) return [];
  const { pathname } = new URL(endpoint);
  const paths: Conflict['paths'] = [['forward', 'endpoint']];
  if (SIGNAL_PATH.test(pathname)) {
    return [{ paths, message: 'must end before /v1/traces, which is added for each signal' }];
  }
  if (pathname === '/' || forwardProtocol(forward) !== 'grpc') return [];
  return [{ paths, message: 'has a path, which gRPC does not take; or set forward.protocol: http/protobuf' }];
}

function circles(endpoint: string | undefined, listen: ParsedConfig['listen']): Conflict[] {
  if (endpoint === undefined) return [];
  const url = new URL(endpoint);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const target = { host: url.hostname.replace(/^\[|\]$/g, ''), port };
  return (['grpc', 'otlp_http'] as const).flatMap((name): Conflict[] => {
    const own = parseListenAddress(listen[name].address);
    if (own === undefined || !reaches(target, own)) return [];
    const message = `is listen.${name} of this agent: exports would go in a circle; give the address that the collector has now`;
    return [
      {
        paths: [
          ['forward', 'endpoint'],
          ['listen', name],
        ],
        message,
      },
    ];
  });
}

function reaches(target: ListenAddress, own: ListenAddress): boolean {
  if (target.port !== own.port) return false;
  const targetIsLocal = isLoopback(target.host) || UNSPECIFIED.includes(target.host);
  const ownIsLocal = isLoopback(own.host) || UNSPECIFIED.includes(own.host);
  return target.host === own.host.toLowerCase() || (targetIsLocal && ownIsLocal);
}

function headerConflicts({ headers }: ParsedConfig['forward']): Conflict[] {
  const names = Object.keys(headers);
  const wrong = names.flatMap((name): Conflict[] => {
    const message = forwardHeaderProblem(name, headers[name] ?? '');
    return message === undefined ? [] : [{ paths: [['forward', 'headers', name]], message }];
  });
  if (names.length <= MAX_HEADERS) return wrong;
  return [...wrong, { paths: [['forward', 'headers']], message: `has more than ${MAX_HEADERS} headers` }];
}
