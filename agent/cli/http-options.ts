import type { Command } from 'commander';
import { type AccessOptions, resolveHttpAccess } from './agent-access.ts';
import { type AgentCall, callAgent, type HttpAccess } from './agent-http.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';

/** Flags of a command that asks a running agent over HTTP. */
export interface HttpOptionValues extends ConfigOptionValues, Omit<AccessOptions, 'address' | 'tls'> {}

/** An agent that answers, or why it does not. */
export interface AgentLink {
  readonly url: string;
  /** The JSON that came, or what the agent says against it. Rejects where nobody answers. */
  readonly call: (call: Omit<AgentCall, 'signal'>) => Promise<LinkAnswer>;
}

export type LinkAnswer =
  | { readonly ok: true; readonly status: number; readonly text: string }
  | { readonly ok: false; readonly status: number; readonly message: string };

export function addHttpOptions(command: Command): Command {
  command
    .option('--status-url <url>', 'where the agent answers HTTP; default: listen.http of the config')
    .option('--ca-file <file>', "authorities to check the agent's certificate by")
    .option('--cert-file <file>', 'certificate to show, with --key-file')
    .option('--key-file <file>', 'its private key')
    .option('--server-name <name>', "name to expect in the agent's certificate")
    .option('--token-file <file>', 'file whose first line is a bearer token');
  return addConfigOptions(command, { flags: false });
}

/** The agent of the config or of the flags; undefined: what is wrong was said, and the exit code set. */
export async function linkAgent(
  context: CommandContext,
  options: HttpOptionValues,
): Promise<AgentLink | undefined> {
  const loaded = await readConfig(context, options);
  if (loaded === undefined) return undefined;
  try {
    const access = await resolveHttpAccess(loaded.config.listen.http, options, context.readFile);
    if (access === undefined)
      throw new Error('listen.http is off: say with --status-url where the agent answers');
    return { url: access.url, call: (call) => callOnce(access, { ...call, signal: context.signal }) };
  } catch (error) {
    context.stderr(`infermeter: ${(error as Error).message}\n`);
    context.exit(ExitCode.usage);
    return undefined;
  }
}

async function callOnce(access: HttpAccess, call: AgentCall): Promise<LinkAnswer> {
  const { status, text } = await callAgent(access, call).catch((cause: Error) => {
    if (call.signal.aborted) throw cause;
    const hint = 'is the agent running, and is this its listen.http?';
    throw new Error(`${access.url} does not answer: ${cause.message} (${hint})`, { cause });
  });
  if (status < 300) return { ok: true, status, text };
  return { ok: false, status, message: messageOf(status, text) };
}

function messageOf(status: number, text: string): string {
  if (status === 401) return 'the agent wants a bearer token: give --token-file with one of its tokens';
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not one of ours: the status has to do.
  }
  return `HTTP ${status}`;
}
