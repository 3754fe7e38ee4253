import { Command, CommanderError } from 'commander';
import { createBaselineCommand } from './baseline-command.ts';
import { createCheckCommand } from './check-command.ts';
import { type CommandContext, ExitCode } from './command-context.ts';
import { createCompareCommand } from './compare-command.ts';
import { createConfigCommand } from './config-command.ts';
import { createDemoCommand } from './demo-command.ts';
import { createImportCommand } from './import-command.ts';
import { createRunCommand } from './run-command.ts';
import { createSendTestCommand } from './send-test-command.ts';

const EXIT_CODES = `
Exit codes:
  0  it worked; run: it was asked to stop, and did
  1  it failed: a check, the test span, the start of the agent, a gate
  2  wrong usage, or a configuration that cannot be used
  3  compare: no verdict was possible
`;

/** The command line. Nothing happens before it parses; wrong usage throws commander's error. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('infermeter')
    .description('A sidecar that measures model inference: percentiles by model and variant.')
    .version(context.version, '-V, --version')
    .enablePositionalOptions()
    .addHelpText('after', EXIT_CODES);
  program
    .addCommand(createRunCommand(context))
    .addCommand(createDemoCommand(context))
    .addCommand(createCheckCommand(context))
    .addCommand(createConfigCommand(context))
    .addCommand(createSendTestCommand(context))
    .addCommand(createBaselineCommand(context))
    .addCommand(createCompareCommand(context))
    .addCommand(createImportCommand(context));
  for (const command of [program, ...program.commands.flatMap(withChildren)]) {
    command.exitOverride().configureOutput({
      writeOut: context.stdout,
      writeErr: context.stderr,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    });
  }
  return program;
}

function withChildren(command: Command): Command[] {
  return [command, ...command.commands];
}

/** Parses `context.argv`, runs the command and sets the exit code. Rejects only for bugs. */
export async function runProgram(context: CommandContext): Promise<void> {
  try {
    await createProgram(context).parseAsync(context.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    context.exit(error.exitCode === 0 ? ExitCode.ok : ExitCode.usage);
  }
}
