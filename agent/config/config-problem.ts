/** Why a config is refused: one thing to mend. */
export interface ConfigProblem {
  /** Dotted path, or the name of a variable or flag that is no key. Empty: the source as a whole. */
  readonly key: string;
  /** `infermeter.yaml:3`, an environment variable, a flag, or `default`. */
  readonly origin: string;
  /** As written; `***` for a secret. Absent where there is none. */
  readonly value?: string;
  /** What is wrong, with the bound; follows "key (origin)". */
  readonly message: string;
}

/** `interval (infermeter.yaml:1) is "500ms": must be …`. */
export function formatProblem({ key, origin, value, message }: ConfigProblem): string {
  const place = key === '' ? origin : key === origin ? key : `${key} (${origin})`;
  return value === undefined ? `${place}: ${message}` : `${place} is ${value}: ${message}`;
}
