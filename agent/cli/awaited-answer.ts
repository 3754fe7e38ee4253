import type { RangeProgress } from '../baseline/range-source.ts';
import type { CommandContext } from './command-context.ts';
import type { AgentLink, LinkAnswer } from './http-options.ts';
import { ProgressLine } from './progress-line.ts';
import type { TimeRange } from './range-option.ts';

const POLL_MS = 1000;

/**
 * Asks until what it is about is complete (HTTP 202: not yet), and says how far it has come. Undefined: the user had
 * enough.
 */
export async function awaitAnswer(
  context: CommandContext,
  ask: () => ReturnType<AgentLink['call']>,
  { fromMs, toMs }: TimeRange,
): Promise<LinkAnswer | undefined> {
  const progress = new ProgressLine(context);
  try {
    while (!context.signal.aborted) {
      const answer = await ask();
      if (!answer.ok || answer.status !== 202) return answer;
      const state = JSON.parse(answer.text) as RangeProgress;
      progress.show(progressText(state, { fromMs, toMs }));
      const leftMs = state.readyMs - state.nowMs;
      await context.clock.sleep(Math.max(50, Math.min(POLL_MS, leftMs)), context.signal);
    }
    return undefined;
  } catch (error) {
    if (context.signal.aborted) return undefined;
    throw error;
  } finally {
    progress.end();
  }
}

function progressText({ nowMs, readyMs, active }: RangeProgress, { fromMs, toMs }: TimeRange): string {
  const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1000));
  const requests = `requests in ${active} of them`;
  if (nowMs < toMs)
    return `recording: ${seconds(nowMs - fromMs)} of ${seconds(toMs - fromMs)} s, ${requests}`;
  return `recorded ${seconds(toMs - fromMs)} s, ${requests}; waiting ${seconds(readyMs - nowMs)} s for what comes late`;
}
