import { OTHER_OPERATORS } from './operator-name.ts';

/** What a profiler says of one operator (layer, kernel) on one device, summed over its calls. */
export interface OperatorTotals {
  readonly name: string;
  /** `cpu`, `cuda`, or empty where the profiler does not say. */
  readonly device: string;
  readonly calls: number;
  readonly totalNs: number;
  /** Without the operators that it calls. */
  readonly selfNs: number;
}

/** The operators of one device. */
export interface DeviceRanking {
  readonly device: string;
  /** Of all its operators, those without a place included. */
  readonly selfNs: number;
  /** Those that took most time by themselves, most first. */
  readonly top: readonly OperatorTotals[];
  readonly others: { readonly operators: number; readonly calls: number; readonly selfNs: number };
}

/** Adds up what comes several times under one name and device. */
export function mergeOperators(operators: Iterable<OperatorTotals>): OperatorTotals[] {
  const merged = new Map<string, OperatorTotals>();
  for (const operator of operators) {
    const key = `${operator.device}\n${operator.name}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? operator : sumOf(known, operator));
  }
  return [...merged.values()];
}

/** By device, the one that took most time first, with the `count` operators each that took most. */
export function rankOperators(operators: readonly OperatorTotals[], count: number): DeviceRanking[] {
  const devices = [...new Set(operators.map(({ device }) => device))];
  const rankings = devices.map((device): DeviceRanking => {
    const own = operators.filter((operator) => operator.device === device);
    const named = own.filter(({ name }) => name !== OTHER_OPERATORS);
    const sorted = named.sort((a, b) => b.selfNs - a.selfNs || (a.name < b.name ? -1 : 1));
    const others = [...sorted.slice(count), ...own.filter(({ name }) => name === OTHER_OPERATORS)];
    return {
      device,
      selfNs: sum(own, 'selfNs'),
      top: sorted.slice(0, count),
      others: { operators: others.length, calls: sum(others, 'calls'), selfNs: sum(others, 'selfNs') },
    };
  });
  return rankings.sort((a, b) => b.selfNs - a.selfNs);
}

function sumOf(a: OperatorTotals, b: OperatorTotals): OperatorTotals {
  return {
    name: a.name,
    device: a.device,
    calls: a.calls + b.calls,
    totalNs: a.totalNs + b.totalNs,
    selfNs: a.selfNs + b.selfNs,
  };
}

function sum(operators: readonly OperatorTotals[], key: 'calls' | 'selfNs'): number {
  return operators.reduce((total, operator) => total + operator[key], 0);
}
