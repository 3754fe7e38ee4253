import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '../../agent/cli/command-context.ts';
import { runProgram } from '../../agent/cli/program.ts';
import type { Config } from '../../agent/config/config.ts';
import { SystemClock } from '../../agent/core/clock.ts';

/** What a command did. */
export interface Outcome {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** With what the agent was run, if it was. */
  readonly runs: readonly { readonly config: Config; readonly demo: boolean }[];
}

/** Runs the command line `infermeter …argv` with effects that are only noted. */
export async function runCommand(
  argv: readonly string[],
  overrides: Partial<CommandContext> = {},
): Promise<Outcome> {
  const runs: { config: Config; demo: boolean }[] = [];
  let [stdout, stderr] = ['', ''];
  let code: number | undefined;
  const context = createFakeContext({
    argv,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    exit: (value) => (code = value),
    runAgent: async (config, { demo }) => {
      runs.push({ config, demo });
      return 0;
    },
    ...overrides,
  });
  await runProgram(context);
  return { code, stdout, stderr, runs };
}

/** A context without a file, a store or an agent. */
export function createFakeContext(overrides: Partial<CommandContext> = {}): CommandContext {
  return {
    argv: [],
    environment: {},
    version: '1.2.3',
    clock: new SystemClock(),
    signal: new AbortController().signal,
    protoPath: fileURLToPath(new URL('../../proto/infermeter/v1/span_service.proto', import.meta.url)),
    stdout: () => undefined,
    stderr: () => undefined,
    isTerminal: false,
    temporaryFolder: tmpdir(),
    readFile: filesOf({}),
    writeFile: async () => undefined,
    exit: () => undefined,
    runAgent: async () => 0,
    exporterChecks: async () => [],
    connectionChecks: async () => [],
    gpuChecks: async () => [],
    ...overrides,
  };
}

/** `readFile` of a few files. */
export function filesOf(files: Readonly<Record<string, string>>): CommandContext['readFile'] {
  return async (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
}
