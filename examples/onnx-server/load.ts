import { Agent, request } from 'node:http';
import { VARIANTS } from './network-shape.ts';
import { featuresOfSeed } from './prediction-request.ts';
import { seededRandom } from './seeded-random.ts';

/** Requests a second, over both variants. */
const DEFAULT_RATE = 40;
/** One in so many requests is broken on purpose, so that errors show. */
const BROKEN_EVERY = 200;
const MAX_IN_FLIGHT = 16;
const INPUTS = 32;
const RESPONSE_TIMEOUT_MS = 5000;

export interface LoadOptions {
  /** Of the example server: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly requestsPerSecond?: number;
  /** Stops the load. */
  readonly signal: AbortSignal;
}

export interface LoadCounts {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Not sent, because too many answers were outstanding. */
  readonly skipped: number;
}

/**
 * A modest open load: requests come at random times, whether or not earlier ones were answered (as users do), up to
 * 16 in flight. Resolves with its counts when `signal` aborts.
 */
export async function runLoad({ url, requestsPerSecond, signal }: LoadOptions): Promise<LoadCounts> {
  const rate = requestsPerSecond ?? DEFAULT_RATE;
  const random = seededRandom(1);
  const bodies = Array.from({ length: INPUTS }, (_, i) => JSON.stringify({ features: featuresOfSeed(i) }));
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT });
  const counts = { sent: 0, answered: 0, failed: 0, skipped: 0 };
  let inFlight = 0;
  const send = async (): Promise<void> => {
    counts.sent++;
    inFlight++;
    const variant = VARIANTS[counts.sent % VARIANTS.length];
    const body = counts.sent % BROKEN_EVERY === 0 ? '{}' : bodies[counts.sent % INPUTS];
    const status = await post(`${url}/predict?variant=${variant}`, body ?? '{}', agent);
    inFlight--;
    if (status === 200) counts.answered++;
    else counts.failed++;
  };
  while (!signal.aborted) {
    if (inFlight < MAX_IN_FLIGHT) void send();
    else counts.skipped++;
    await pause((-Math.log(1 - random()) * 1000) / rate, signal);
  }
  agent.destroy();
  return counts;
}

/** The status of the answer; 0 if there was none. */
function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const call = request(
      url,
      { method: 'POST', agent, headers, timeout: RESPONSE_TIMEOUT_MS },
      (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(0));
    call.end(body);
  });
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
  });
}
