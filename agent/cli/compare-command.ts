import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import type { CompareOptionValues } from './compare-run.ts';
import { addHttpOptions } from './http-options.ts';
import { addRangeOptions } from './range-option.ts';

const NOTES = `
A side is the name of a baseline that the agent keeps, a file (it ends in .json or has a slash), or, as the candidate, a
series: model=resnet50,variant=int8. With two files no agent is needed.

--fail-on 'p95>1.05' fails if the whole interval of the ratio lies above 1.05: harm is shown.
--require 'p95<1.05' fails unless the whole interval lies below: that there is no harm must be shown.
More errors than in the baseline fail both. Figures: mean, p50, p95, p99, throughput, memory, energy, tokens_per_joule,
and of a phase inference.mean, inference.p50, inference.p95. Each gate is looked at with 95 % confidence by itself.

Exit codes:
  0  a verdict was possible, and no gate failed
  1  a gate failed; or it did not work: no agent answered, no such baseline
  2  wrong usage, a file that is no baseline, or a configuration that cannot be used
  3  no verdict was possible: too few (independent) requests, or load or work differ; or a gate's figure has no interval
`;

/** `compare`: whether a candidate is better than its baseline. */
export function createCompareCommand(context: CommandContext): Command {
  const command = new Command('compare')
    .description('Compare a candidate with a baseline: ratios with intervals, and a verdict; a gate for CI.')
    .requiredOption('--baseline <name|file>', 'what is compared with')
    .requiredOption('--candidate <name|file|series>', 'what is judged')
    .option('--fail-on <gate>', 'fail where this harm is shown; repeatable', collect)
    .option('--require <gate>', 'fail unless this is shown; repeatable', collect)
    .option('--plot <file>', 'write a picture of both distributions, SVG')
    .option('--json', 'print the comparison as JSON');
  addRangeOptions(command, 'the candidate; default: its last 5 minutes');
  return addHttpOptions(command)
    .addHelpText('after', NOTES)
    .action(async (options: CompareOptionValues) => {
      // The statistics are loaded by this command alone.
      const { runCompare } = await import('./compare-run.ts');
      await runCompare(context, options);
    });
}

function collect(gate: string, gates: readonly string[] = []): readonly string[] {
  return [...gates, gate];
}
