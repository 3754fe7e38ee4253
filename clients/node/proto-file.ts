import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NAME = 'proto/infermeter/v1/span_service.proto';
/** From the package's `dist`, from the repository's sources, and from the repository's `dist`. */
const PLACES = ['../', '../../', '../../../'];

/** The path of the wire contract, which ships with the package. Throws if it is nowhere. */
export function findProtoFile(): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(`${place}${NAME}`, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${NAME} is missing beside the client: ${paths.join(', ')}`);
  return found;
}
