/** Names beyond this bound share one id. */
const MAX_PHASES = 64;
const OVERFLOW_PHASE = '__overflow__';

/** The phase names of the agent, each with a small id for good. Id 0 is the overflow. */
export class PhaseNames {
  readonly #names: string[] = [OVERFLOW_PHASE];
  readonly #ids = new Map<string, number>([[OVERFLOW_PHASE, 0]]);

  get names(): readonly string[] {
    return this.#names;
  }

  open(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= MAX_PHASES) return 0;
    const id = this.#names.length;
    this.#names.push(name);
    this.#ids.set(name, id);
    return id;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? OVERFLOW_PHASE;
  }
}
