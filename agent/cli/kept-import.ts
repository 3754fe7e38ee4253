import { encodeDocument } from '../baseline/baseline-document.ts';
import type { Recording } from '../baseline/recording.ts';
import type { AgentStatus } from '../core/status.ts';
import { dialAddress, resolveAccess } from './agent-access.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { readConfig } from './config-options.ts';
import type { GrpcAccess } from './grpc-call.ts';
import { type AgentLink, type HttpOptionValues, linkAgent } from './http-options.ts';
import { type OperatorAck, sendOperators } from './operator-sender.ts';

export interface KeepOptionValues extends HttpOptionValues {
  readonly as?: string;
  readonly replace?: true;
  readonly address?: string;
}

/** Gives a recording to an agent: as a baseline, and its operators as points. Says what became of it. */
export async function keepImported(
  context: CommandContext,
  recording: Recording,
  options: KeepOptionValues & { readonly as: string },
): Promise<void> {
  const link = await linkAgent(context, options);
  if (link === undefined) return;
  const told = await keep(context, link, recording, options).catch(
    (error: Error): Told => ({ ok: false, message: context.signal.aborted ? 'interrupted' : error.message }),
  );
  if (told.ok && options.json === undefined) context.stdout(`${told.message}\n`);
  if (!told.ok) context.stderr(`infermeter: ${told.message}\n`);
  context.exit(told.ok ? ExitCode.ok : ExitCode.failed);
}

interface Told {
  readonly ok: boolean;
  readonly message: string;
}

async function keep(
  context: CommandContext,
  link: AgentLink,
  recording: Recording,
  options: KeepOptionValues & { readonly as: string },
): Promise<Told> {
  const { as: name, replace } = options;
  const query = replace === true ? '?replace=1' : '';
  const body = encodeDocument({ name, recording });
  const answer = await link.call({ path: `/api/v1/baselines/${name}${query}`, method: 'PUT', body });
  if (!answer.ok) return { ok: false, message: answer.message };
  const { profile, series } = recording;
  if (profile === undefined) return { ok: true, message: `kept ${name}` };
  const access = await grpcAccess(context, link, options);
  if (access === undefined) return { ok: false, message: `kept ${name}, without points of its operators` };
  const sent = await sendOperators(context, access, series, profile);
  if (sent.kind === 'answered') return tellOperators(name, sent.answer);
  const why = `${sent.code} at ${access.target}: ${sent.detail}`;
  return { ok: false, message: `kept ${name}; the points of its operators were not taken: ${why}` };
}

function tellOperators(name: string, { accepted, rejected, duplicate, reason }: OperatorAck): Told {
  if (duplicate) return { ok: true, message: `kept ${name}; the points of its operators were there already` };
  if (rejected > 0)
    return { ok: false, message: `kept ${name}; ${rejected} of its operators were refused: ${reason}` };
  return { ok: true, message: `kept ${name}; ${accepted} operators become points of it` };
}

/** Of the agent that was linked: with --status-url what it says of itself, for the config may be another one's. */
async function grpcAccess(
  context: CommandContext,
  link: AgentLink,
  options: KeepOptionValues,
): Promise<GrpcAccess | undefined> {
  const loaded = await readConfig(context, options);
  if (loaded === undefined) return undefined;
  const { statusUrl } = options;
  const said = options.address ?? (statusUrl === undefined ? undefined : await statedAddress(link));
  const flags = { ...options, ...(said !== undefined && { address: said }) };
  const isSecure = statusUrl?.startsWith('https:') === true;
  return resolveAccess(loaded.config, { ...flags, ...(isSecure && { tls: true }) }, context.readFile);
}

async function statedAddress(link: AgentLink): Promise<string | undefined> {
  const answer = await link.call({ path: '/api/v1/status' });
  if (!answer.ok) throw new Error(answer.message);
  const { listen } = JSON.parse(answer.text) as AgentStatus;
  const address = listen['grpc'];
  if (address === undefined) return undefined;
  const host = new URL(link.url).hostname;
  const isEverywhere = dialAddress(address) !== address;
  return isEverywhere ? `${host}:${address.slice(address.lastIndexOf(':') + 1)}` : address;
}
