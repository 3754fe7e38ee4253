/** Where baselines are; one of them below. */
export const BASELINES_PATH = '/api/v1/baselines';

/** Whether something is at this path that requests may change: a baseline. */
export function isWritable(path: string): boolean {
  return path.startsWith(`${BASELINES_PATH}/`);
}
