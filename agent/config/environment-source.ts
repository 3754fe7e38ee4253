import { type Assignment, readAssignments } from './assignments.ts';
import type { SourceResult } from './yaml-source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'INFERMETER_';

/**
 * What Kubernetes injects for a Service named `infermeter`, or `infermeter-…`
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const FROM_KUBERNETES =
  /^INFERMETER_(SERVICE_.*|PORT.*|.+_SERVICE_(HOST|PORT)(_.+)?|.+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** The influx CLI's own variables; of two for one key the later stands. */
const INFLUX_VARIABLES = [
  ['INFLUX_HOST', 'url'],
  ['INFLUX_URL', 'url'],
  ['INFLUX_TOKEN', 'token'],
  ['INFLUX_ORG', 'org'],
  ['INFLUX_BUCKET', 'bucket'],
] as const;

/**
 * The layer of the environment. A variable that is set but empty counts as not set. `influx`: whether the influx
 * CLI's variables count, below our own.
 */
export function readEnvironment(environment: Environment, { influx }: { influx: boolean }): SourceResult {
  const ours = Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !FROM_KUBERNETES.test(name))
    .sort();
  const assignments = [
    ...(influx
      ? INFLUX_VARIABLES.map(([name, key]) => ({ name, path: ['exporters', 'influxdb', key] }))
      : []),
    ...ours.map((name) => ({ name, path: name.slice(PREFIX.length).toLowerCase().split('__') })),
  ].flatMap(({ name, path }): Assignment[] => {
    const text = environment[name] ?? '';
    return text === '' ? [] : [{ path, text, origin: name }];
  });
  return readAssignments(assignments);
}
