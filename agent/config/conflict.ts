import type { KeyPath } from './source-node.ts';

/** Keys that do not go together. The first path is where it is reported; all of them must be valid by themselves. */
export interface Conflict {
  readonly paths: readonly [KeyPath, ...KeyPath[]];
  readonly message: string;
}
