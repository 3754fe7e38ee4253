import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator, type Definition } from 'ts-json-schema-generator';
import { ROOT } from '../../source-files.ts';
import type { Kinds, Manifest } from './kinds.ts';

/** As apimachinery's resource.Quantity is written. */
const QUANTITY = '^[0-9]+(\\.[0-9]+)?(m|k|[KMGT]i?|[PE]i?)?$';
const API_VERSIONS: Readonly<Record<keyof Kinds, string>> = {
  Deployment: 'apps/v1',
  ConfigMap: 'v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};

/** Judges manifests by the API's own types; a key that they do not have is an error. Takes seconds to make. */
export class ManifestSchema {
  readonly #validate: ValidateFunction;

  constructor() {
    const schema = createGenerator({
      path: join(ROOT, 'test/integration/kubernetes/kinds.ts'),
      tsconfig: join(ROOT, 'tsconfig.json'),
      type: 'Kinds',
      skipTypeCheck: true,
      additionalProperties: false,
      encodeRefs: false,
    }).createSchema('Kinds');
    const quantity = { type: 'string', pattern: QUANTITY } satisfies Definition;
    const definitions = { ...schema.definitions, Quantity: quantity };
    this.#validate = new Ajv({ allErrors: true, strict: false }).compile({ ...schema, definitions });
  }

  /** What is wrong, each with its place. */
  problems(manifest: Manifest): readonly string[] {
    const kind = manifest.kind as keyof Kinds;
    if (API_VERSIONS[kind] !== manifest.apiVersion) return [`${kind} is not of ${manifest.apiVersion}`];
    // All kinds are required by the type; the others are there in the least form.
    const others = { Deployment: {}, ConfigMap: {}, NetworkPolicy: {} };
    if (this.#validate({ ...others, [kind]: manifest })) return [];
    return (this.#validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }
}
