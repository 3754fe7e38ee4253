import type { IncomingMessage } from 'node:http';
import { FEATURES, VARIANTS, type Variant } from './network-shape.ts';
import { seededRandom } from './seeded-random.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** The caller's fault: answered with `status` and the message. */
export class BadRequest extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** `?variant=`; fp32 if left out. */
export function parseVariant(url: URL): Variant {
  const wanted = url.searchParams.get('variant') ?? 'fp32';
  const variant = VARIANTS.find((known) => known === wanted);
  if (variant === undefined) throw new BadRequest(`variant: must be one of ${VARIANTS.join(', ')}`);
  return variant;
}

/** A GET is for trying things out: features drawn from `?seed=`. A POST brings `{"features": [1024 numbers]}`. */
export async function readFeatures(request: IncomingMessage, url: URL): Promise<readonly number[]> {
  if (request.method === 'GET') return featuresOfSeed(Number(url.searchParams.get('seed') ?? 1));
  if (request.method !== 'POST') throw new BadRequest('only GET and POST', 405);
  return parseFeatures(await readBody(request));
}

export function featuresOfSeed(seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: FEATURES }, () => Math.floor(random() * 256));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new BadRequest(`body: more than ${MAX_BODY_BYTES} bytes`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseFeatures(body: string): readonly number[] {
  const { features } = parseJson(body);
  if (!Array.isArray(features) || features.length !== FEATURES || !features.every(Number.isFinite)) {
    throw new BadRequest(`features: must be a list of ${FEATURES} numbers`);
  }
  return features as number[];
}

function parseJson(body: string): { features?: unknown } {
  try {
    return Object(JSON.parse(body)) as { features?: unknown };
  } catch {
    throw new BadRequest('body: must be JSON');
  }
}
