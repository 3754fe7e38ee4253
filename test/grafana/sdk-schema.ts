import { join } from 'node:path';
import { Ajv, type SchemaObject } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { ROOT } from '../source-files.ts';

/** What is wrong with a value, by the SDK's type of this name: `dashboard`, `rule`, `options.heatmap`, … */
export type SdkCheck = (type: string, value: unknown) => readonly string[];

let made: SdkCheck | undefined;

/** By a schema of the SDK's types, unknown keys refused. Takes seconds the first time. */
export function createSdkCheck(): SdkCheck {
  made ??= makeCheck();
  return made;
}

function makeCheck(): SdkCheck {
  const schema = createGenerator({
    path: join(ROOT, 'test/grafana/grafana-sdk.ts'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    type: 'SdkTypes',
    skipTypeCheck: true,
    functions: 'hide',
    // Types of different modules have the same names.
    expose: 'none',
    topRef: false,
    additionalProperties: false,
  }).createSchema('SdkTypes') as SchemaObject;
  const ajv = new Ajv({ allErrors: true, strict: false });
  return (type, value) => {
    const part = type
      .split('.')
      .reduce<SchemaObject | undefined>((whole, name) => whole?.['properties']?.[name], schema);
    if (part === undefined) throw new Error(`there is no type ${type}`);
    // Types that contain themselves stand apart.
    if (ajv.validate({ definitions: schema['definitions'], ...part }, value)) return [];
    return (ajv.errors ?? []).map(
      ({ instancePath, message, params }) => `${type}${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}
