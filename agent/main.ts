#!/usr/bin/env -S node --max-semi-space-size=1 --v8-pool-size=1
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { runProgram } from './cli/program.ts';
import type { Config } from './config/config.ts';
import { SystemClock } from './core/clock.ts';

/** What is not finished by then stays in the outbox. */
const STOP_WITHIN_MS = 2000;

const clock = new SystemClock();
const packageFolder = new URL(import.meta.url.endsWith('.ts') ? '../' : '../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as {
  version: string;
};
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
}

await runProgram({
  argv: process.argv.slice(2),
  environment: process.env,
  version,
  clock,
  signal: interrupted.signal,
  protoPath: new URL('proto/infermeter/v1/span_service.proto', packageFolder).pathname,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  readFile: (path) => readFile(path, 'utf8'),
  exit: (code) => {
    process.exitCode = code;
  },
  runAgent,
  exporterChecks: async (config) => (await import('./exporter-checks.ts')).checkExporters(config, clock),
});

/** Runs until a signal comes; resolves to the exit code. */
async function runAgent(config: Config, { demo }: { readonly demo: boolean }): Promise<number> {
  const [{ Agent }, { createEdge }] = await Promise.all([import('./agent.ts'), import('./process-edge.ts')]);
  const edge = await createEdge(config, { clock, version, environment: process.env, process });
  const agent = new Agent(config, edge);
  try {
    await agent.start();
  } catch (error) {
    edge.log.error({ err: error }, `cannot start: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  if (demo) await startDemo(agent.addresses());
  await new Promise<void>((resolve) => {
    if (interrupted.signal.aborted) resolve();
    interrupted.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await agent.stop(AbortSignal.timeout(STOP_WITHIN_MS));
  return 0;
}

async function startDemo({ grpc, http }: Readonly<Record<string, string>>): Promise<void> {
  const { startDemoLoad } = await import('./cli/demo-load.ts');
  startDemoLoad({ address: grpc, signal: interrupted.signal, clock, random: Math.random });
  process.stdout.write(`simulated requests of two models; the page: http://${http}\n`);
}
