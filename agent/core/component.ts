/**
 * A part with a life. The constructor does nothing but keep its arguments; `start` acquires, `stop` releases,
 * also after a `start` that failed half-way, and gives up what it cannot finish when `deadline` aborts.
 */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(deadline: AbortSignal): Promise<void>;
}
