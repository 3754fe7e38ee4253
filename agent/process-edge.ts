import { hostname } from 'node:os';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type Level, type Logger as PinoLogger, pino } from 'pino';
import type { AgentEdge } from './agent-edge.ts';
import type { Config } from './config/config.ts';
import { identityOf } from './config/identity.ts';
import type { Clock } from './core/clock.ts';
import { DisciplinedClock } from './core/disciplined-clock.ts';
import type { ProcessReader } from './flush/process-reader.ts';
import { hasNvidiaDriver } from './gpu/driver-presence.ts';

/** A finer one would wake the process more often than all the rest of it. */
const DELAY_RESOLUTION_MS = 100;

interface EdgeSources {
  readonly clock: Clock;
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly process: Pick<NodeJS.Process, 'cpuUsage' | 'memoryUsage' | 'uptime'>;
}

/** What the agent needs of its process, made for one run. */
export async function createEdge(config: Config, sources: EdgeSources): Promise<AgentEdge> {
  const log = await createLogger(config.log);
  const identity = identityOf(config, sources.environment, hostname());
  for (const warning of identity.warnings) log.warn({}, warning);
  return {
    clock: new DisciplinedClock(sources.clock),
    log,
    random: Math.random,
    process: new NodeProcessReader(sources.process),
    yieldToLoop: () => new Promise((resolve) => setImmediate(resolve)),
    hasNvidiaDriver: () => hasNvidiaDriver('/', sources.environment['PATH'] ?? ''),
    identity,
    version: sources.version,
  };
}

async function createLogger({
  level,
  format,
}: {
  level: Level;
  format: 'json' | 'pretty';
}): Promise<PinoLogger> {
  if (format === 'json') return pino({ level }, pino.destination(2));
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ colorize: true, ignore: 'pid,hostname', destination: 2, sync: true }));
}

class NodeProcessReader implements ProcessReader {
  readonly #process: EdgeSources['process'];
  readonly #delay: IntervalHistogram;

  constructor(process: EdgeSources['process']) {
    this.#process = process;
    this.#delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    this.#delay.enable();
  }

  cpuSeconds(): number {
    const { user, system } = this.#process.cpuUsage();
    return (user + system) / 1e6;
  }

  memoryRssBytes(): number {
    return this.#process.memoryUsage.rss();
  }

  eventLoopDelay(): { p99Seconds: number; maxSeconds: number } {
    const beyond = (ns: number): number => Math.max(0, ns / 1e9 - DELAY_RESOLUTION_MS / 1000);
    const delay = { p99Seconds: beyond(this.#delay.percentile(99)), maxSeconds: beyond(this.#delay.max) };
    this.#delay.reset();
    return delay;
  }

  uptimeSeconds(): number {
    return this.#process.uptime();
  }
}
