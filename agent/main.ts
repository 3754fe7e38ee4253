#!/usr/bin/env -S node --max-semi-space-size=1 --v8-pool-size=1
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { launchProgram } from './cli/program-launch.ts';
import type { Config } from './config/config.ts';
import { SystemClock } from './core/clock.ts';
import { hasNvidiaDriver } from './gpu/driver-presence.ts';

/** What is not finished by then stays in the outbox. */
const STOP_WITHIN_MS = 2000;
/** V8's compilers bring 7 MB into memory, for which an agent that has little to do has no use. */
const COMPILERS = ['opt', 'sparkplug', 'maglev'];
/** They are worth it for this share of a core, over this time: a start and a first flush take less than half of it. */
const BUSY_RATIO = 0.04;
const BUSY_MS = 10_000;

// Garbage may come to this share of what lives; left alone V8 lets it come to three times as much, which would count as
// our memory, to spare a collection of 10 ms in half a minute.
setFlagsFromString('--heap-growing-percent=30');

const clock = new SystemClock();
const packageFolder = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as {
  version: string;
};
const argv = process.argv.slice(2);
const environment = process.env;
const stdout = (text: string): boolean => process.stdout.write(text);
const stderr = (text: string): boolean => process.stderr.write(text);
const exit = (code: number): void => {
  process.exitCode = code;
};
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

if (argv[0] === 'run') await run();
else await runCommand();

/** The agent itself. Its modules are loaded while a thread reads the configuration. */
async function run(): Promise<void> {
  for (const compiler of COMPILERS) setFlagsFromString(`--no-${compiler}`);
  const agentModules = Promise.all([import('./agent.ts'), import('./process-edge.ts')]);
  let config: Config | undefined;
  await launchProgram({ argv, environment: { ...environment }, version }, (message) => {
    if (message.kind === 'run') config = message.config;
    else if (message.kind === 'exit') exit(message.code);
    else (message.kind === 'stdout' ? stdout : stderr)(message.text);
  });
  await agentModules;
  if (config !== undefined) exit(await runAgent(config, { demo: false }));
}

async function runCommand(): Promise<void> {
  const { runProgram } = await import('./cli/program.ts');
  await runProgram({
    argv,
    environment,
    version,
    clock,
    signal: interrupted.signal,
    protoPath: new URL('proto/infermeter/v1/span_service.proto', packageFolder).pathname,
    stdout,
    stderr,
    isTerminal: process.stderr.isTTY === true,
    temporaryFolder: tmpdir(),
    readFile: (path) => readFile(path, 'utf8'),
    writeFile: (path, text) => writeFile(path, text),
    exit,
    runAgent,
    exporterChecks: async (config) => (await import('./exporter-checks.ts')).checkExporters(config, clock),
    connectionChecks: async (config) =>
      (await import('./connection-checks.ts')).checkConnections(config, clock),
    gpuChecks: async (config) => (await import('./gpu-checks.ts')).checkGpus(config, { clock, hasDriver }),
  });
}

function hasDriver(): boolean {
  return hasNvidiaDriver('/', environment['PATH'] ?? '');
}

/** Runs until a signal comes; resolves to the exit code. */
async function runAgent(config: Config, { demo }: { readonly demo: boolean }): Promise<number> {
  const [{ Agent }, { createEdge }] = await Promise.all([import('./agent.ts'), import('./process-edge.ts')]);
  const edge = await createEdge(config, { clock, version, environment, process });
  const agent = new Agent(config, edge);
  try {
    await agent.start();
  } catch (error) {
    edge.log.error({ err: error }, `cannot start: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  void compileOnceBusy();
  if (demo) await startDemo(agent.addresses());
  await new Promise<void>((resolve) => {
    if (interrupted.signal.aborted) resolve();
    interrupted.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await agent.stop(AbortSignal.timeout(STOP_WITHIN_MS));
  return 0;
}

async function compileOnceBusy(): Promise<void> {
  const { signal } = interrupted;
  let busyMs = 0;
  while (busyMs < BUSY_RATIO * BUSY_MS && !signal.aborted) {
    const before = process.cpuUsage();
    await clock.sleep(BUSY_MS, signal);
    const { user, system } = process.cpuUsage(before);
    busyMs = (user + system) / 1000;
  }
  for (const compiler of COMPILERS) setFlagsFromString(`--${compiler}`);
}

async function startDemo({ grpc, http }: Readonly<Record<string, string>>): Promise<void> {
  const { startDemoLoad } = await import('./cli/demo-load.ts');
  startDemoLoad({ address: grpc, signal: interrupted.signal, clock, random: Math.random });
  stdout(`simulated requests of two models; the page: http://${http}\n`);
}
