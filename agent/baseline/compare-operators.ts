import type { OperatorProfile, OperatorRecord } from './recording.ts';

/** Operators of one side that are compared as one. */
export interface ComparedOperators {
  readonly operators: number;
  readonly calls: number;
  /** Own time in one run of the model, or in the whole profile where the runs are not known on both sides. */
  readonly selfNs: number;
  /** Of the own time of all operators of the device. */
  readonly shareRatio: number;
}

/** An operator of both sides, or of one; or operators that one side runs fused and the other one by one. */
export interface OperatorComparison {
  /** Of several, that of the one that is fused of most. */
  readonly name: string;
  readonly device: string;
  readonly baseline?: ComparedOperators;
  readonly candidate?: ComparedOperators;
  /** Candidate / baseline of `selfNs`; absent where a side has none, or where the runs are not known. */
  readonly ratio?: number;
}

export interface ProfileComparison {
  /** Whether `selfNs` is that of one run of the model. */
  readonly perRun: boolean;
  /** By device: all its operators as one. */
  readonly devices: readonly OperatorComparison[];
  /** Those that take most time on either side come first. */
  readonly operators: readonly OperatorComparison[];
}

type Side = 'baseline' | 'candidate';

/** Operators that belong together, and the sides that they are of. */
interface Group {
  readonly baseline: OperatorRecord[];
  readonly candidate: OperatorRecord[];
}

/** TensorRT names a fused layer after its parts: `conv1 + relu1`, `PWN(sigmoid1, mul1)`. */
const FUSED_BY = /\s+\+\s+|\s*,\s*/;
const POINTWISE = /PWN\(|\)/g;
/** A copy between layouts, named after the layer that it is for, whose time it is not. */
const COPY = /^Reformatting CopyNode/;

/**
 * What each operator takes on both sides. Operators are the same if they have the same name and device; of TensorRT also
 * where their parts overlap, so that a layer that one engine fuses is compared with the layers that it stands for.
 */
export function compareOperators(baseline: OperatorProfile, candidate: OperatorProfile): ProfileComparison {
  const perRun = baseline.iterations > 0 && candidate.iterations > 0;
  const describe = describer(baseline, candidate, perRun);
  const isFusing = baseline.profiler === 'tensorrt' && candidate.profiler === 'tensorrt';
  const groups = groupOperators(baseline, candidate, isFusing ? partsOf : ({ name }) => [name]);
  const devices = groupOperators(baseline, candidate, () => ['']);
  return {
    perRun,
    devices: devices.map((group) => ({ ...describe(group), name: 'all operators' })).sort(byTime),
    operators: groups.map(describe).sort(byTime),
  };
}

/** Joins what shares a part, directly or through others. */
function groupOperators(
  baseline: OperatorProfile,
  candidate: OperatorProfile,
  parts: (operator: OperatorRecord) => readonly string[],
): readonly Group[] {
  const groupOf = new Map<string, Group>();
  const keysOf = new Map<Group, string[]>();
  const add = (operator: OperatorRecord, side: Side): void => {
    const keys = parts(operator).map((part) => `${operator.device}\n${part}`);
    const met = new Set(keys.map((key) => groupOf.get(key)).filter((group) => group !== undefined));
    const [group = { baseline: [], candidate: [] }, ...joined] = met;
    const known = keysOf.get(group) ?? [];
    keysOf.set(group, known);
    group[side].push(operator);
    for (const other of joined) {
      group.baseline.push(...other.baseline);
      group.candidate.push(...other.candidate);
      keys.push(...(keysOf.get(other) ?? []));
      keysOf.delete(other);
    }
    known.push(...keys);
    for (const key of keys) groupOf.set(key, group);
  };
  for (const operator of baseline.operators) add(operator, 'baseline');
  for (const operator of candidate.operators) add(operator, 'candidate');
  return [...keysOf.keys()];
}

function partsOf({ name }: OperatorRecord): readonly string[] {
  return COPY.test(name) ? [name] : name.replaceAll(POINTWISE, '').split(FUSED_BY);
}

function describer(baseline: OperatorProfile, candidate: OperatorProfile, perRun: boolean) {
  const sides = { baseline: sideOf(baseline, perRun), candidate: sideOf(candidate, perRun) };
  return (group: Group): OperatorComparison => {
    const { name, device } = [...group.baseline, ...group.candidate].reduce((longest, operator) =>
      operator.name.length > longest.name.length ? operator : longest,
    );
    const [base, cand] = [sides.baseline(group.baseline), sides.candidate(group.candidate)];
    const ratio = perRun && base && cand && base.selfNs > 0 ? cand.selfNs / base.selfNs : undefined;
    return {
      name,
      device,
      ...(base && { baseline: base }),
      ...(cand && { candidate: cand }),
      ...(ratio !== undefined && { ratio }),
    };
  };
}

function sideOf({ operators, iterations }: OperatorProfile, perRun: boolean) {
  const runs = perRun ? iterations : 1;
  const deviceNs = new Map<string, number>();
  for (const { device, selfNs } of operators) deviceNs.set(device, (deviceNs.get(device) ?? 0) + selfNs);
  return (own: readonly OperatorRecord[]): ComparedOperators | undefined => {
    if (own.length === 0) return undefined;
    const selfNs = own.reduce((sum, operator) => sum + operator.selfNs, 0);
    const wholeNs = deviceNs.get(own[0].device) ?? 0;
    return {
      operators: own.length,
      calls: own.reduce((sum, { calls }) => sum + calls, 0),
      selfNs: selfNs / runs,
      shareRatio: wholeNs === 0 ? 0 : selfNs / wholeNs,
    };
  };
}

function byTime(a: OperatorComparison, b: OperatorComparison): number {
  return timeOf(b) - timeOf(a) || (a.name < b.name ? -1 : 1);
}

function timeOf({ baseline, candidate }: OperatorComparison): number {
  return Math.max(baseline?.selfNs ?? 0, candidate?.selfNs ?? 0);
}
