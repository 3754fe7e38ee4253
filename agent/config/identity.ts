import { parseListenAddress } from '../core/listen-address.ts';
import type { Config } from './config.ts';
import type { Environment } from './environment-source.ts';

const DEFAULT_GRPC_PORT = 4317;
const MAX_TAG_LENGTH = 256;

/** Who this agent is on every point. */
export interface Identity {
  /** Tag `host`. */
  readonly host: string;
  /** Tag `instance`: keeps replicas apart, which would overwrite each other's points. */
  readonly instance: string;
  /** Absent: this is no pod, or it was not told which. */
  readonly pod?: { readonly namespace: string; readonly name: string };
  /** The config's tags, and what OTEL_RESOURCE_ATTRIBUTES says for keys that `labels` allows. */
  readonly tags: Readonly<Record<string, string>>;
  /** What of the environment was left out, and why. */
  readonly warnings: readonly string[];
}

/** `environment`: POD_NAME, POD_NAMESPACE, NODE_NAME and OTEL_RESOURCE_ATTRIBUTES are read. */
export function identityOf(config: Config, environment: Environment, hostName: string): Identity {
  const attributes = resourceAttributes(environment['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  const { POD_NAME: name, POD_NAMESPACE: namespace } = environment;
  const allowed = [...(attributes ?? [])].filter(([key]) => config.labels.includes(key));
  return {
    host: environment['NODE_NAME'] || hostName,
    instance: config.instance ?? `${name || hostName}${portSuffix(config)}`,
    ...(name && namespace && { pod: { namespace, name } }),
    tags: { ...Object.fromEntries(allowed), ...config.tags },
    warnings: attributes === undefined ? ['OTEL_RESOURCE_ATTRIBUTES is not key=value,… and was ignored'] : [],
  };
}

/** Two agents of one host have different ports; port 0 is no one's own. */
function portSuffix(config: Config): string {
  const port = parseListenAddress(config.listen.grpc.address)?.port;
  return port === undefined || port === 0 || port === DEFAULT_GRPC_PORT ? '' : `:${port}`;
}

/**
 * `key=value,…` with percent-encoded values (OpenTelemetry, "Resource SDK: specifying resource information via an
 * environment variable"); any error voids the whole, as that document asks.
 */
function resourceAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const match = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair);
    const value = match === null ? undefined : decode(match[2]);
    if (match === null || value === undefined) return undefined;
    attributes.set(match[1], value.slice(0, MAX_TAG_LENGTH));
  }
  return attributes;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
