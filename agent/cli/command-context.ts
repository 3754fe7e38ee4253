import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment-source.ts';
import type { Clock } from '../core/clock.ts';

/** How a command ended, for scripts; documented in `--help`. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, noVerdict: 3 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** One finding of `check`. */
export interface CheckResult {
  /** What was looked at: `data_dir`, `listen.grpc`, `exporters.influxdb`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, and where it failed what to do. Never a secret. */
  readonly reason: string;
}

/** What commands may do to the world; the process edge provides it, tests fake it. */
export interface CommandContext {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly version: string;
  readonly clock: Clock;
  /** Aborts when the user has had enough (Ctrl-C). */
  readonly signal: AbortSignal;
  /** Where span_service.proto is. */
  readonly protoPath: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether standard error is a terminal, where a line may be written anew. */
  readonly isTerminal: boolean;
  /** Where temporary files may be made. */
  readonly temporaryFolder: string;
  /** UTF-8; rejects with Node's error. */
  readonly readFile: (path: string) => Promise<string>;
  /** UTF-8; rejects with Node's error. */
  readonly writeFile: (path: string, text: string) => Promise<void>;
  /** The code to end with once nothing is left to do; does not end the process by itself. */
  readonly exit: (code: number) => void;
  /** Runs until a signal ends it; resolves to the exit code. `demo`: with a simulated load. */
  readonly runAgent: (config: Config, options: { readonly demo: boolean }) => Promise<number>;
  /** Tries every configured exporter once. */
  readonly exporterChecks: (config: Config) => Promise<readonly CheckResult[]>;
  /** Tries the servers that are read and the endpoint of `forward` once. */
  readonly connectionChecks: (config: Config) => Promise<readonly CheckResult[]>;
  /** Reads the GPUs once. */
  readonly gpuChecks: (config: Config) => Promise<readonly CheckResult[]>;
}
