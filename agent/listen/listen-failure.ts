/** A listener that could not be opened: which config key, which address, and what to do. */
export interface ListenFailure {
  /** Config key, e.g. `listen.grpc`. */
  readonly key: string;
  readonly address: string;
  readonly cause: unknown;
}

const ADVICE: readonly (readonly [code: string, advice: (address: string, key: string) => string])[] = [
  [
    'EADDRINUSE',
    (address, key) => `${address} is in use by another process; stop it or set ${key} to a free port`,
  ],
  ['EACCES', (address, key) => `no permission to open ${address}; choose another with ${key}`],
  ['EADDRNOTAVAIL', (address, key) => `this machine has no address ${address}; correct ${key}`],
  ['ENOTFOUND', (address, key) => `the host of ${address} has no address; correct ${key}`],
];

/**
 * The error to show for a failed `listen`. It looks for the system's code in the message too, because grpc-js
 * keeps only the text of what went wrong.
 */
export function createListenError({ key, address, cause }: ListenFailure): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = String((cause as { code?: unknown } | undefined)?.code);
  const known = ADVICE.find(([name]) => code === name || message.includes(name));
  const advice = known ? known[1](address, key) : `${address} cannot be opened (${key}): ${message}`;
  return new Error(`${key}: ${advice}`, { cause });
}
