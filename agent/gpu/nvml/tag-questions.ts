import { architecture, type Convert, computeMode, performanceState } from './conversion.ts';
import type { NvmlSymbol } from './nvml-library.ts';
import type { Question } from './question.ts';

/** What stands beside the fields of a reading, as tags of its points. */
interface DeviceTags {
  readonly arch?: string;
  readonly computeMode?: string;
  readonly pstate?: string;
}

/** Asked once, in full readings, and each tick. */
export const staticTagQuestions = [tag('nvmlDeviceGetArchitecture', 'arch', architecture)];
export const fullTagQuestions = [tag('nvmlDeviceGetComputeMode', 'computeMode', computeMode)];
export const quickTagQuestions = [tag('nvmlDeviceGetPowerState', 'pstate', performanceState)];

function tag(symbol: NvmlSymbol, field: keyof DeviceTags, convert: Convert<string>): Question {
  return { symbol, rules: [{ field, at: 0, kind: 'u32', convert }] };
}
