import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NAME = 'proto/infermeter/v1/span_service.proto';
/** Beside the package's `dist`; further up when it runs from the repository, as sources or compiled. */
const MAX_LEVELS = 6;

/** The path of the wire contract, which ships with the package. Throws if it is nowhere. */
export function findProtoFile(): string {
  for (let level = 1; level <= MAX_LEVELS; level++) {
    const path = fileURLToPath(new URL(`${'../'.repeat(level)}${NAME}`, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new Error(`${NAME} is missing above ${import.meta.url}`);
}
