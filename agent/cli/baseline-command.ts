import { Command } from 'commander';
import type * as Runs from './baseline-runs.ts';
import type { CommandContext } from './command-context.ts';
import { addHttpOptions } from './http-options.ts';
import { addRangeOptions } from './range-option.ts';
import { addSeriesOptions } from './series-option.ts';

type Run = Exclude<keyof typeof Runs, 'default'>;

/** `baseline`: what a series did, kept by a running agent or in a file. */
export function createBaselineCommand(context: CommandContext): Command {
  const command = new Command('baseline').description(
    'Keep what a series does now, to compare later ones with; see `compare`.',
  );
  const add = (child: Command, run: Run): void => {
    // What documents need is loaded by these commands alone.
    const act = async (...parameters: readonly unknown[]): Promise<void> => {
      const runs = await import('./baseline-runs.ts');
      const named = parameters.slice(0, -1) as
        | [Runs.BaselineOptionValues]
        | [string, Runs.BaselineOptionValues];
      const options = named[named.length - 1] as Runs.BaselineOptionValues;
      await runs[run](context, options, typeof named[0] === 'string' ? named[0] : '');
    };
    command.addCommand(addHttpOptions(child).action(act));
  };
  add(saveCommand(), 'save');
  add(new Command('list').description('List the baselines of an agent.').option('--json', 'as JSON'), 'list');
  add(
    new Command('show')
      .description('Say what is in a baseline: requests, latency, phases, GPU.')
      .argument('<name>', 'the baseline, or a file')
      .option('--json', 'as JSON'),
    'show',
  );
  add(new Command('delete').description('Delete a baseline.').argument('<name>', 'the baseline'), 'remove');
  add(
    new Command('export')
      .description('Write a baseline as a file that can be committed beside a model.')
      .argument('<name>', 'the baseline')
      .option('-o, --output <file>', 'where to; default: standard output'),
    'exportBaseline',
  );
  add(
    new Command('import')
      .description('Give an agent a baseline from a file.')
      .argument('<file>', 'as `export` wrote it')
      .option('--name <name>', 'what to call it; default: as the file says, else as it is called')
      .option('--replace', 'take the place of one of that name'),
    'importBaseline',
  );
  return command;
}

function saveCommand(): Command {
  const command = new Command('save')
    .description('Keep what a series does over some time: 40 s at least; it waits until it is complete.')
    .argument('<name>', 'what to call it')
    .option('--replace', 'take the place of one of that name')
    .option('--json', 'print what was kept as JSON');
  addSeriesOptions(command);
  return addRangeOptions(command, 'default: 60s');
}
