import type { BaselineAnswer, CompareAnswer, SeriesIdentity } from './api-answers.ts';
import type { ApiClient } from './api-client.ts';

/** A baseline, and the series that is compared with it. */
export interface ComparedPair {
  readonly baseline: string;
  readonly candidate: SeriesIdentity;
}

export interface BaselineFollowerOptions {
  readonly api: ApiClient;
  /** Something below has changed. */
  readonly changed: () => void;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** A comparison moves slowly: it is about minutes. */
const POLL_EVERY_MS = 10_000;
const TEXTS = ['model', 'variant', 'version', 'operation', 'server'] as const;

/** What baselines there are, and how the pair that is looked at compares; asked for now and then. */
export class BaselineFollower {
  /** Undefined: not known yet. */
  baselines: readonly BaselineAnswer[] | undefined;
  answer: CompareAnswer | undefined;
  /** Why there is no answer. */
  problem = '';
  readonly #options: BaselineFollowerOptions;
  #pair: ComparedPair | undefined;
  #running = new AbortController();

  constructor(options: BaselineFollowerOptions) {
    this.#options = options;
  }

  /** Asks until the next call; to be called again when a token was given. */
  async run(): Promise<void> {
    this.#running.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    while (!signal.aborted) {
      await this.#poll(signal);
      await this.#options.sleep(POLL_EVERY_MS, signal);
    }
  }

  /** Changes what is compared; does nothing if that is so already. */
  follow(pair: ComparedPair | undefined): void {
    if (JSON.stringify(pair) === JSON.stringify(this.#pair)) return;
    this.#pair = pair;
    this.answer = undefined;
    this.problem = '';
    void this.run();
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { api, changed } = this.#options;
    try {
      this.baselines = (await api.baselines(signal)).baselines;
      const answer = this.#pair && (await api.compare(parametersOf(this.#pair), signal));
      if (signal.aborted) return;
      this.answer = answer;
      this.problem = '';
    } catch (error) {
      if (signal.aborted) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    changed();
  }
}

function parametersOf({ baseline, candidate }: ComparedPair): URLSearchParams {
  const texts = TEXTS.map((name): [string, string] => [name, candidate[name]]);
  const labels = Object.entries(candidate.labels).map(([name, value]): [string, string] => [
    `label.${name}`,
    value,
  ]);
  return new URLSearchParams([['baseline', baseline], ...texts, ...labels]);
}
