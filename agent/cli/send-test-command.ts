import { Command } from 'commander';
import { type AccessOptions, type AgentAccess, resolveAccess } from './agent-access.ts';
import { requestStatus } from './agent-http.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';
import { sendSpan } from './span-sender.ts';
import { explainOutcome, formatReport, type TestReport } from './test-report.ts';

interface Options extends ConfigOptionValues, AccessOptions {
  readonly model: string;
  readonly variant: string;
}

const TIMEOUT_MS = 5000;
const DURATION_MS = 5;

/** `send-test`: one span on the way that a server's spans take, and what became of it. */
export function createSendTestCommand(context: CommandContext): Command {
  const command = new Command('send-test')
    .description('Push one span to a running agent and say what became of it.')
    .option('--address <address>', 'gRPC address (host:port or unix:path) instead of the one of the config')
    .option('--status-url <url>', 'where the agent answers HTTP, such as http://127.0.0.1:9865')
    .option('--tls', 'use TLS; implied by a config with it, and by the next two')
    .option('--ca-file <file>', "authorities to check the agent's certificate by")
    .option('--cert-file <file>', 'certificate to show, with --key-file')
    .option('--key-file <file>', 'its private key')
    .option('--server-name <name>', "name to expect in the agent's certificate")
    .option('--token-file <file>', 'file whose first line is a bearer token')
    .option('--model <model>', 'model of the span', 'send-test')
    .option('--variant <variant>', 'variant of the span', 'default')
    .option('--json', 'print the report as JSON');
  return addConfigOptions(command, { flags: false }).action(async (options: Options) => {
    const loaded = await readConfig(context, options);
    if (loaded === undefined) return;
    let access: AgentAccess;
    try {
      access = await resolveAccess(loaded.config, options, context.readFile);
    } catch (error) {
      context.stderr(`infermeter: ${(error as Error).message}\n`);
      return context.exit(ExitCode.usage);
    }
    const report = await sendAndAsk(context, access, options);
    context.stdout(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    context.exit(report.outcome === 'accepted' ? ExitCode.ok : ExitCode.failed);
  });
}

async function sendAndAsk(
  context: CommandContext,
  access: AgentAccess,
  { model, variant }: Options,
): Promise<TestReport> {
  const { clock, signal, protoPath } = context;
  const { target } = access;
  const endMs = clock.wallMs();
  const startedMs = clock.monotonicMs();
  const span = { model, variant, endMs, durationMs: DURATION_MS };
  const outcome = await sendSpan(span, { ...access, protoPath, deadlineMs: endMs + TIMEOUT_MS, signal });
  const roundTripMs = clock.monotonicMs() - startedMs;
  const reason =
    outcome.kind === 'rejected' ? outcome.reason : outcome.kind === 'failed' ? outcome.code : undefined;
  return {
    outcome: outcome.kind,
    target,
    model,
    variant,
    roundTripMs,
    ...(reason !== undefined && { reason }),
    explanation: explainOutcome(outcome, target),
    ...(outcome.kind !== 'failed' && (await askAgent(context, access))),
  };
}

async function askAgent(
  { clock, signal }: CommandContext,
  { status }: AgentAccess,
): Promise<Pick<TestReport, 'agent' | 'statusProblem'>> {
  if (status === undefined) return { statusProblem: 'not asked: give --status-url' };
  const answered = new AbortController();
  const deadline = new AbortController();
  void clock.sleep(TIMEOUT_MS, answered.signal).then(() => deadline.abort(new Error('no answer in time')));
  try {
    const { instance, intervalMs, degraded, exporters } = await requestStatus(
      status,
      AbortSignal.any([signal, deadline.signal]),
    );
    return { agent: { instance, intervalMs, degraded, exporters } };
  } catch (error) {
    return { statusProblem: `${status.url} cannot be asked: ${(error as Error).message}` };
  } finally {
    answered.abort();
  }
}
