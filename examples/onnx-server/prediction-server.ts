import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Client, Series } from '../../clients/node/index.ts';
import type { Classifier } from './classifier.ts';
import { VARIANTS, type Variant } from './network-shape.ts';
import { BadRequest, parseVariant, readFeatures } from './prediction-request.ts';

const MODEL = 'mlp-22m';
const PHASES = ['preprocess', 'inference', 'postprocess'] as const;

type PredictionSeries = Series<(typeof PHASES)[number]>;

/** `/predict?variant=fp32|int8` by POST or GET; every request, failed ones too, becomes a span. */
export function createPredictionServer(
  classifiers: Readonly<Record<Variant, Classifier>>,
  client: Client,
): Server {
  const series = Object.fromEntries(
    VARIANTS.map((variant) => [variant, client.series({ model: MODEL, variant, phases: PHASES })]),
  ) as Record<Variant, PredictionSeries>;

  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    void answer(response, async () => {
      if (url.pathname === '/healthz') return { ok: true };
      if (url.pathname !== '/predict') throw new BadRequest('try /predict?variant=int8', 404);
      const variant = parseVariant(url);
      return predict({ request, url, classifier: classifiers[variant], series: series[variant] });
    });
  });
}

interface PredictionJob {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly classifier: Classifier;
  readonly series: PredictionSeries;
}

async function predict({ request, url, classifier, series }: PredictionJob): Promise<object> {
  const span = series.start();
  try {
    span.phase('preprocess');
    const input = classifier.preprocess(await readFeatures(request, url));
    span.phase('inference');
    const logits = await classifier.infer(input);
    span.phase('postprocess');
    const predictions = classifier.postprocess(logits);
    span.end({ batchSize: 1 });
    return { predictions };
  } catch (error) {
    span.fail();
    throw error;
  }
}

async function answer(response: ServerResponse, work: () => Promise<object>): Promise<void> {
  const [status, body] = await work().then(
    (result) => [200, result] as const,
    (error: unknown) => {
      const status = error instanceof BadRequest ? error.status : 500;
      return [status, { error: error instanceof Error ? error.message : String(error) }] as const;
    },
  );
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
