import type {
  ComparedOperators,
  OperatorComparison,
  ProfileComparison,
} from '../baseline/compare-operators.ts';
import { ratioText } from '../baseline/figure-text.ts';
import { asColumns } from './text-columns.ts';
import { formatSeconds } from './text-seconds.ts';

const MAX_ROWS = 20;
const MAX_NAME = 60;

/** Operators of both sides, those that take most first, as lines. */
export function operatorComparisonLines({ perRun, devices, operators }: ProfileComparison): string[] {
  const shown = operators.slice(0, MAX_ROWS);
  const others = operators.length - shown.length;
  const header = ['own time of operators', 'device', 'baseline', 'candidate', 'ratio', 'share', '', ''];
  return [
    ...asColumns([header, ...devices.map(rowOf), ...shown.map(rowOf)]),
    ...(others === 0 ? [] : [`and ${others} others that take less (--json lists them all)`]),
    perRun
      ? 'in one run of the model'
      : 'in the whole profile: the runs of the model are not known, so there is no ratio',
  ];
}

function rowOf({ name, device, baseline, candidate, ratio }: OperatorComparison): string[] {
  return [
    name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`,
    device,
    timeText(baseline),
    timeText(candidate),
    ratio === undefined ? '' : ratioText(ratio),
    shareText(baseline),
    shareText(candidate),
    fusionText(baseline, candidate),
  ];
}

function timeText(side: ComparedOperators | undefined): string {
  return side === undefined ? '–' : formatSeconds(side.selfNs / 1e9);
}

function shareText(side: ComparedOperators | undefined): string {
  return side === undefined ? '' : `${(side.shareRatio * 100).toFixed(1)} %`;
}

/** Where a side has several: `2 → 1`. */
function fusionText(
  baseline: ComparedOperators | undefined,
  candidate: ComparedOperators | undefined,
): string {
  const counts = [baseline?.operators ?? 0, candidate?.operators ?? 0];
  return counts.some((count) => count > 1) ? counts.join(' → ') : '';
}
