import type { Identity } from './config/identity.ts';
import type { Clock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import type { ProcessReader } from './flush/process-reader.ts';

/** What the agent gets from the process it runs in. */
export interface AgentEdge {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly process: ProcessReader;
  /** Resolves after what waits in the event loop was served. */
  readonly yieldToLoop: () => Promise<void>;
  /** Whether an NVIDIA driver seems to be there now; cheap. */
  readonly hasNvidiaDriver: () => boolean;
  readonly identity: Identity;
  readonly version: string;
}
