import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * Small generations, one thread less, no optimizing compiler: the process spends its time in the driver, and its
 * private memory counts for each pod. So, without what the driver's library takes, it stays at 13 MiB for one GPU and
 * 15 for eight; with Node's own choices it grew to 22 and 52.
 */
const FLAGS = [
  '--max-semi-space-size=1',
  '--max-old-space-size=16',
  '--optimize-for-size',
  '--no-opt',
  '--v8-pool-size=1',
];

/**
 * Starts a module of ours in a process that leads a group of its own, so that it can be ended together with what it
 * started. Typed arrays pass through its channel. `environment` is added to the agent's.
 */
export function startGroup(
  module: URL,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return fork(module, args, {
    detached: true,
    env: { ...process.env, ...environment },
    execArgv: module.pathname.endsWith('.ts') ? sourceFlags() : FLAGS,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** SIGKILL to all of the group; nothing where none of it lives. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** From source the process needs tsx. */
function sourceFlags(): string[] {
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
}
