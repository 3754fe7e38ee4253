import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentStatus } from '../../agent/core/status.ts';
import { poll } from '../poll.ts';
import { findFreePort } from '../servers/server-process.ts';
import { ROOT } from '../source-files.ts';

const PROGRAM = join(ROOT, 'dist/agent/main.js');
/** As the program's first line has them. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=1'];

/** The built program with ports and a data directory of its own, which survive a kill and a new start. */
export class AgentProcess {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  /** What the present process wrote to both outputs. */
  output = '';

  private constructor(
    ports: readonly [number, number],
    env: Readonly<Record<string, string>>,
    args: readonly string[],
  ) {
    [this.grpcPort, this.httpPort] = ports;
    this.dataDir = mkdtempSync(join(tmpdir(), 'infermeter-test-'));
    this.#env = env;
    this.#args = args;
  }

  /** `env` as a user would set it: `INFERMETER_INTERVAL` and so on; `args` stand after `run`. */
  static async create(
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<AgentProcess> {
    if (!existsSync(PROGRAM)) throw new Error('the program is not built: npm run build');
    return new AgentProcess([await findFreePort(), await findFreePort()], env, args);
  }

  get grpcAddress(): string {
    return `127.0.0.1:${this.grpcPort}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when `/readyz` answers, on the page's port or where `probeUrl` says. */
  async start(probeUrl = this.httpUrl): Promise<void> {
    this.output = '';
    const child = spawn(process.execPath, [...NODE_FLAGS, PROGRAM, 'run', ...this.#args], {
      env: this.#environment(),
      stdio: 'pipe',
    });
    child.stdout.on('data', (chunk) => (this.output += chunk));
    child.stderr.on('data', (chunk) => (this.output += chunk));
    this.#child = child;
    await poll('the agent is ready', async () => {
      if (child.exitCode !== null) return 'ended';
      return (await fetch(`${probeUrl}/readyz`)).ok ? 'ready' : undefined;
    });
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}:\n${this.output}`);
  }

  /** Sends the signal and resolves with the exit code (null: killed) once the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
    });
  }

  /** Ends the process if it runs, and removes its data. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async status(): Promise<AgentStatus> {
    return (await fetch(`${this.httpUrl}/api/v1/status`)).json() as Promise<AgentStatus>;
  }

  #environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(INFERMETER_|INFLUX_|OTEL_|POD_|NODE_)/.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      INFERMETER_LISTEN__GRPC: this.grpcAddress,
      INFERMETER_LISTEN__OTLP_HTTP: '127.0.0.1:0',
      INFERMETER_LISTEN__HTTP: `127.0.0.1:${this.httpPort}`,
      INFERMETER_DATA_DIR: this.dataDir,
      INFERMETER_LOG__FORMAT: 'json',
      ...this.#env,
    };
  }
}
