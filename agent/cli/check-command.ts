import { Command } from 'commander';
import { checkDataDirectory } from './check-data-directory.ts';
import { checkListeners } from './check-listeners.ts';
import { type CheckResult, type CommandContext, ExitCode } from './command-context.ts';
import { addConfigOptions, type ConfigOptionValues, readConfig } from './config-options.ts';

/** `check`: everything that `run` needs, tried once. */
export function createCheckCommand(context: CommandContext): Command {
  const command = new Command('check')
    .description(
      'Validate the configuration, then try data directory, listeners, exporters, scrape, forward and the GPUs once.',
    )
    .option('--json', 'print {ok, findings: [{name, ok, reason}]}');
  return addConfigOptions(command).action(async (options: ConfigOptionValues) => {
    const loaded = await readConfig(context, options);
    if (loaded === undefined) return;
    const { config } = loaded;
    const findings = [
      { name: 'config', ok: true, reason: options.config ?? 'defaults, environment and flags' },
      await checkDataDirectory(config.dataDir),
      ...(await checkListeners(config.listen, context.readFile)),
      ...(await context.exporterChecks(config)),
      ...(await context.connectionChecks(config)),
      ...(await context.gpuChecks(config)),
    ];
    const ok = findings.every((finding) => finding.ok);
    context.stdout(options.json ? `${JSON.stringify({ ok, findings }, undefined, 2)}\n` : asTable(findings));
    context.exit(ok ? ExitCode.ok : ExitCode.failed);
  });
}

function asTable(findings: readonly CheckResult[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, ok, reason }) => `${ok ? 'ok    ' : 'failed'}  ${name.padEnd(width)}  ${reason}\n`)
    .join('');
}
