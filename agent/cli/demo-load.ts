import { type Client, createClient } from '../../clients/node/index.ts';
import type { Clock } from '../core/clock.ts';
import { DEMO_VARIANTS, type DemoVariant, demoRate, drawDemoRequest } from './demo-scenario.ts';

const TICK_MS = 200;
/** Below the agent's own limit for a stop. */
const CLOSE_WITHIN_MS = 500;

export interface DemoLoadOptions {
  /** The agent's gRPC address. */
  readonly address: string;
  /** Ends the load. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/**
 * A simulated load of two models in five variants, through the real client and the real gRPC port: some 60 requests
 * a second with drift, bursts and errors. Resolves when `signal` aborted and what was recorded is delivered.
 */
export async function startDemoLoad({ address, signal, clock, random }: DemoLoadOptions): Promise<void> {
  const client = createClient({ address });
  const recorders = DEMO_VARIANTS.map((variant) => createRecorder(client, variant, random));
  let lastMs = clock.wallMs();
  while (!signal.aborted) {
    await clock.sleep(TICK_MS, signal);
    const nowMs = clock.wallMs();
    for (const record of recorders) record(lastMs, nowMs);
    lastMs = nowMs;
  }
  await client.close(CLOSE_WITHIN_MS);
}

/** Records the requests that complete between two times, Unix ms: as many as the rate says on average. */
function createRecorder(
  client: Client,
  variant: DemoVariant,
  random: () => number,
): (fromMs: number, toMs: number) => void {
  const phases = variant.phases.map((phase) => phase.name);
  const series = client.series({ ...variant, phases });
  let due = random();
  return (fromMs, toMs) => {
    due += (demoRate(variant, toMs / 1000) * Math.min(toMs - fromMs, 5 * TICK_MS)) / 1000;
    for (; due >= 1; due--) {
      const endMs = fromMs + random() * (toMs - fromMs);
      const { durationMs, failed, ...details } = drawDemoRequest(variant, endMs / 1000, random);
      series.record(durationMs, { ...details, endMs, status: failed ? 'error' : 'ok' });
    }
  };
}
