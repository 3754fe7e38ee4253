import { Command, InvalidArgumentError, Option } from 'commander';
import { traceFormats } from '../import/trace-formats.ts';
import type { CommandContext } from './command-context.ts';
import { addHttpOptions } from './http-options.ts';
import type { ImportOptionValues } from './import-run.ts';

const MAX_TOP = 10_000;
const MAX_ITERATIONS = 1_000_000_000;
const AUTO = 'auto';

/** `import`: what other profilers recorded, as a baseline that can be compared. */
export function createImportCommand(context: CommandContext): Command {
  const command = new Command('import')
    .description(
      'Read traces of other profilers (trtexec, PyTorch, ONNX Runtime) into a baseline to compare with.',
    )
    .argument('<file...>', 'files of one model, gzipped or not, of any length')
    .requiredOption('--model <model>', 'the model that they are of')
    .option('--variant <variant>', 'its variant: fp32, fp16, int8, …', 'default')
    .addOption(
      new Option('--kind <kind>', 'what the files are; auto: as their content says')
        .choices([AUTO, ...traceFormats.map(({ kind }) => kind)])
        .default(AUTO),
    )
    .option(
      '--iterations <count>',
      'runs of the model that a profile covers, where it does not say',
      countTo(MAX_ITERATIONS),
    )
    .option('--output <file>', 'write the baseline to this file, for `compare`')
    .option('--as <name>', 'keep it as a baseline of a running agent, and its operators as points')
    .option('--replace', 'with --as: take the place of one of that name')
    .option('--address <address>', 'with --as: gRPC address of the agent; default: as it says itself')
    .option('--top <count>', 'operators of each device that are listed; all are kept', countTo(MAX_TOP), 20)
    .option('--json', 'print what was found as JSON');
  return addHttpOptions(command).action(async (paths: readonly string[], options: ImportOptionValues) => {
    // Its parser is loaded by this command alone.
    const { runImport } = await import('./import-run.ts');
    await runImport(context, paths, options);
  });
}

function countTo(max: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= 1 && count <= max) return count;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
  };
}
