/** What gRPC allows too; there, names that end in -bin carry bytes. */
const NAME = /^[a-z0-9_.-]+(?<!-bin)$/i;
const VALUE = /^[\x20-\x7e]*$/;
/** Headers that we write, or that belong to a connection. */
const OWN_NAME =
  /^(content-.*|transfer-encoding|host|connection|keep-alive|te|upgrade|expect|grpc-.*|infermeter-.*)$/i;

/** Why this header cannot go with a forwarded export, over HTTP or gRPC; undefined: it can. Never says the value. */
export function forwardHeaderProblem(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'a header is letters, digits, dots, dashes and underscores, without -bin';
  if (OWN_NAME.test(name)) return 'is written by the agent itself, or belongs to the connection';
  return VALUE.test(value) ? undefined : 'must be printable ASCII';
}
