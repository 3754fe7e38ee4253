import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a server that keeps everything it writes in one folder. */
export interface ServerCommand {
  readonly binary: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers 2xx once the server takes requests. */
  readonly readyUrl: string;
}

const READY_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;
const running = new Set<ChildProcess>();
const folders = new Set<string>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for one server's data. */
export function createServerFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `infermeter-${name}-`));
  folders.add(folder);
  return folder;
}

/** A TCP port of the loopback interface that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('bug: a TCP server has a port');
  await once(probe.close(), 'close');
  return address.port;
}

/** One run after another of the same real server, in the same folder, on the same port. */
export class ServerProcess {
  readonly #folder: string;
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;

  constructor(folder: string, command: ServerCommand) {
    this.#folder = folder;
    this.#command = command;
  }

  /** Resolves when the server takes requests; what it started is gone if it rejects. */
  async start(): Promise<void> {
    const { binary, args, environment, readyUrl } = this.#command;
    const child = spawn(binary, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-2000);
    });
    let ended: string | undefined;
    child.once('exit', (code, signal) => {
      running.delete(child);
      ended = `ended with ${code ?? signal}`;
    });
    child.once('error', (error) => {
      ended = error.message;
    });
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await answers(readyUrl))) {
      if (ended !== undefined) throw new Error(`${binary}: ${ended}: ${log}`);
      if (performance.now() > deadline) {
        await this.kill();
        throw new Error(`${binary} did not answer on ${readyUrl} within ${READY_WITHIN_MS} ms: ${log}`);
      }
      await sleep(20);
    }
  }

  /** As `kill -9`: no goodbye, nothing flushed. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As `kill -STOP`: connections are taken by the kernel, and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Asks it to end, insists after a while, and removes its folder. For `after`; never rejects. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.resume();
    const insist = setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.#end('SIGTERM');
    clearTimeout(insist);
    rmSync(this.#folder, { recursive: true, force: true });
    folders.delete(this.#folder);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
