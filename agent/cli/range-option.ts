import type { Command } from 'commander';
import { parseDuration } from '../config/duration.ts';

/** Flags that say which time is meant. */
export interface RangeOptionValues {
  readonly for?: string;
  readonly last?: string;
  readonly from?: string;
  readonly to?: string;
}

/** In Unix ms, by the agent's clock. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function addRangeOptions(command: Command, otherwise: string): Command {
  return command
    .option('--for <duration>', `from now on, so long (${otherwise})`)
    .option('--last <duration>', 'what was recorded so long until now')
    .option('--from <time>', 'begin, with --to: ISO 8601 (2027-01-15T08:00:00Z) or Unix milliseconds')
    .option('--to <time>', 'end');
}

/** The range of the flags; undefined: none was given. Or what is wrong with them. */
export function rangeOf(options: RangeOptionValues, nowMs: number): TimeRange | undefined | string {
  const { for: ahead, last, from, to } = options;
  const ways = [ahead, last, from ?? to].filter((way) => way !== undefined).length;
  if (ways === 0) return undefined;
  if (ways > 1) return 'give one of --for, --last, and --from with --to';
  const length = ahead ?? last;
  if (length !== undefined) {
    const lengthMs = parseDuration(length);
    if (!lengthMs) return `"${length}" is no duration: a number with ms, s, m, h or d`;
    return ahead === undefined
      ? { fromMs: nowMs - lengthMs, toMs: nowMs }
      : { fromMs: nowMs, toMs: nowMs + lengthMs };
  }
  if (from === undefined || to === undefined) return 'give both --from and --to';
  const [fromMs, toMs] = [from, to].map(parseTime);
  if (fromMs === undefined) return `--from "${from}" is no time: ISO 8601 or Unix milliseconds`;
  if (toMs === undefined) return `--to "${to}" is no time: ISO 8601 or Unix milliseconds`;
  return fromMs < toMs ? { fromMs, toMs } : '--from must be before --to';
}

function parseTime(text: string): number | undefined {
  const timeMs = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
