/** One simulated variant of a model: medians in milliseconds, before drift and bursts. */
export interface DemoVariant {
  readonly model: string;
  readonly variant: string;
  readonly operation: string;
  readonly requestsPerSecond: number;
  /** Phases in the order in which they run; of a text model: queue, prefill, decode. */
  readonly phases: readonly { readonly name: string; readonly medianMs: number }[];
  /** Standard deviation of the latency's logarithm. */
  readonly spread: number;
  readonly errorRatio: number;
  /** Text models: median tokens in and out; decode's median is for one token. */
  readonly tokens?: { readonly input: number; readonly output: number };
}

export interface DemoRequest {
  readonly durationMs: number;
  /** In the order of `DemoVariant.phases`. */
  readonly phasesMs: readonly number[];
  readonly failed: boolean;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly timeToFirstTokenMs?: number;
}

/** The names say what it is: nobody is to take these figures for measurements. */
export const DEMO_VARIANTS: readonly DemoVariant[] = [
  imageVariant('fp32', 24, { inferenceMs: 11, errorRatio: 0.002 }),
  imageVariant('int8', 24, { inferenceMs: 4.2, errorRatio: 0.004 }),
  textVariant('fp16', { prefillMs: 120, decodeMs: 19 }),
  textVariant('int8', { prefillMs: 105, decodeMs: 13 }),
  textVariant('int4-awq', { prefillMs: 135, decodeMs: 8 }),
];

/** The latency's median wanders by this share around its mean, often enough to come round within a baseline. */
const DRIFT_RATIO = 0.1;
const DRIFT_PERIOD_SECONDS = 24;
/** A burst comes so often, lasts so long, and multiplies rate, latency and errors. */
const BURST_EVERY_SECONDS = 75;
const BURST_SECONDS = 8;
const BURST = { rate: 2.5, latency: 1.6, errors: 6 };

/** Requests a second at that time. */
export function demoRate(variant: DemoVariant, seconds: number): number {
  return variant.requestsPerSecond * (isBurst(seconds) ? BURST.rate : 1);
}

/** Draws one request that completes at that time; lognormal, as serving latencies roughly are. */
export function drawDemoRequest(variant: DemoVariant, seconds: number, random: () => number): DemoRequest {
  const burst = isBurst(seconds);
  const drift = 1 + DRIFT_RATIO * Math.sin((2 * Math.PI * seconds) / DRIFT_PERIOD_SECONDS);
  const factor = drift * (burst ? BURST.latency : 1) * lognormal(variant.spread, random);
  const failed = random() < variant.errorRatio * (burst ? BURST.errors : 1);
  const { tokens } = variant;
  if (tokens === undefined) {
    const phasesMs = variant.phases.map((phase) => phase.medianMs * factor * lognormal(0.1, random));
    return { durationMs: sum(phasesMs), phasesMs, failed };
  }
  const inputTokens = Math.ceil(tokens.input * lognormal(0.6, random));
  const outputTokens = Math.ceil(tokens.output * lognormal(0.5, random));
  const [queue = 0, prefill = 0, decode = 0] = variant.phases.map((phase) => phase.medianMs * factor);
  const prefillMs = prefill * Math.sqrt(inputTokens / tokens.input);
  const phasesMs = [queue, prefillMs, decode * outputTokens];
  const counts = { inputTokens, outputTokens, timeToFirstTokenMs: queue + prefillMs };
  return { durationMs: sum(phasesMs), phasesMs, failed, ...counts };
}

function imageVariant(
  variant: string,
  requestsPerSecond: number,
  { inferenceMs, errorRatio }: { readonly inferenceMs: number; readonly errorRatio: number },
): DemoVariant {
  const phases = [
    { name: 'preprocess', medianMs: 1.4 },
    { name: 'inference', medianMs: inferenceMs },
    { name: 'postprocess', medianMs: 0.3 },
  ];
  const model = 'simulated-resnet50';
  return { model, variant, operation: 'classify', requestsPerSecond, phases, spread: 0.25, errorRatio };
}

function textVariant(
  variant: string,
  { prefillMs, decodeMs }: { readonly prefillMs: number; readonly decodeMs: number },
): DemoVariant {
  const phases = [
    { name: 'queue', medianMs: 12 },
    { name: 'prefill', medianMs: prefillMs },
    { name: 'decode', medianMs: decodeMs },
  ];
  const tokens = { input: 420, output: 90 };
  const model = 'simulated-llama-8b';
  return {
    model,
    variant,
    operation: 'chat',
    requestsPerSecond: 5,
    phases,
    spread: 0.2,
    errorRatio: 0.005,
    tokens,
  };
}

function isBurst(seconds: number): boolean {
  return seconds % BURST_EVERY_SECONDS > BURST_EVERY_SECONDS - BURST_SECONDS;
}

/** Lognormal with median 1, by Box and Muller's transformation. */
function lognormal(deviation: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(deviation * normal);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
