import { Agent } from '../agent/agent.ts';
import type { Config } from '../agent/config/config.ts';
import { parseConfig } from '../agent/config/parse-config.ts';
import type { ManualClock } from './fakes/manual-clock.ts';
import { SilentLogger } from './fakes/silent-logger.ts';
import { pause, poll } from './poll.ts';

/** The whole agent in this process, on a clock that the test moves; gRPC, stores and files are real. */
export interface RunningAgent {
  readonly agent: Agent;
  readonly grpcAddress: string;
  /** Empty unless the settings open it. */
  readonly otlpHttpAddress: string;
  /** Moves time on, and lets real I/O follow. */
  advance(deltaMs: number): Promise<void>;
  /** Resolves when nothing waits in the outbox any more. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

/** `settings`: keys of the config as a user writes them. Page and OTLP/HTTP are off unless they say otherwise. */
export async function startAgent(
  clock: ManualClock,
  settings: readonly (readonly [string, string])[],
  instance = 'test',
): Promise<RunningAgent> {
  const agent = new Agent(configOf(settings), {
    clock,
    log: new SilentLogger(),
    random: () => 0.5,
    process: {
      cpuSeconds: () => 0,
      memoryRssBytes: () => 0,
      eventLoopDelay: () => ({ p99Seconds: 0, maxSeconds: 0 }),
      uptimeSeconds: () => clock.monotonicMs() / 1000,
    },
    yieldToLoop: () => new Promise((resolve) => setImmediate(resolve)),
    hasNvidiaDriver: () => false,
    identity: { host: 'test-host', instance, tags: {}, warnings: [] },
    version: '0.0.0',
  });
  await agent.start();
  const advance = async (deltaMs: number): Promise<void> => {
    await clock.advance(deltaMs);
    await pause(5);
  };
  return {
    agent,
    grpcAddress: agent.addresses()['grpc'] ?? '',
    otlpHttpAddress: agent.addresses()['otlp_http'] ?? '',
    advance,
    drain: async () => {
      await poll('the outbox is empty', async () => {
        await advance(1000);
        return agent.status().outbox?.points === 0 ? true : undefined;
      });
    },
    stop: async () => {
      const stopped = agent.stop(AbortSignal.timeout(2000));
      await clock.advance(100);
      await stopped;
    },
  };
}

function configOf(settings: readonly (readonly [string, string])[]): Config {
  const all = [
    ['listen.grpc', '127.0.0.1:0'],
    ['listen.otlp_http', ''],
    ['listen.http', ''],
    ...settings,
  ] as const;
  const flags = all.map(([key, text]) => ({
    path: key?.split('.') ?? [],
    text: text ?? '',
    origin: key ?? '',
  }));
  const result = parseConfig({ environment: {}, flags, influxVariables: false });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.config;
}
