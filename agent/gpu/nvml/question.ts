import type { Answer } from './answer.ts';
import { type Draft, type FieldRule, takeFields } from './field-rule.ts';
import type { NvmlCall, NvmlLibrary, NvmlParameter, NvmlSymbol } from './nvml-library.ts';
import { isUnsupported, NVML, throwIfGone } from './return-code.ts';

/** Outputs of one call stand 8 bytes apart, so that a 64-bit one fits. */
export const OUTPUT_STEP = 8;

/** One call and the fields that its answer gives. */
export interface Question {
  readonly symbol: NvmlSymbol;
  /** Between the handle and the outputs. */
  readonly inputs?: readonly number[];
  /** How many outputs it has; 1 unless said. The n-th stands at n × `OUTPUT_STEP`. */
  readonly outputs?: number;
  /** What the structure must begin with before the call: its version, a selector. */
  readonly words?: readonly number[];
  readonly rules: readonly FieldRule[];
  /** The same of an older driver or GPU. */
  readonly otherwise?: Question;
}

interface Bound {
  readonly question: Question;
  readonly call: NvmlCall;
  readonly parameters: readonly NvmlParameter[];
}

/** The questions to one GPU. What it does not support is dropped, or asked the older way, until it is opened anew. */
export class Inquiry {
  readonly #library: NvmlLibrary;
  readonly #handle: number;
  readonly #answer: Answer;
  #open: (Bound | undefined)[] = [];
  #trouble: number = NVML.SUCCESS;

  constructor(library: NvmlLibrary, handle: number, answer: Answer) {
    this.#library = library;
    this.#handle = handle;
    this.#answer = answer;
  }

  add(questions: readonly Question[]): this {
    for (const question of questions) {
      const bound = this.#bind(question);
      if (bound !== undefined) this.#open.push(bound);
    }
    return this;
  }

  /** The last code that was neither success nor "not supported". */
  get trouble(): number {
    return this.#trouble;
  }

  /**
   * Asks all and fills `draft`; returns how many answered. Throws where the GPU or the driver is gone.
   * Fast path: a call, and its fields from reused memory.
   */
  read(draft: Draft): number {
    let answered = 0;
    let dropped = false;
    for (let i = 0; i < this.#open.length; i++) {
      let bound = this.#open[i];
      let code = this.#ask(bound, draft);
      while (bound !== undefined && isUnsupported(code)) {
        const older = bound.question.otherwise;
        bound = older && this.#bind(older);
        this.#open[i] = bound;
        code = this.#ask(bound, draft);
        dropped ||= bound === undefined;
      }
      if (code === NVML.SUCCESS) answered++;
      else if (!isUnsupported(code)) this.#trouble = code;
    }
    if (dropped) this.#open = this.#open.filter((bound) => bound !== undefined);
    return answered;
  }

  #ask(bound: Bound | undefined, draft: Draft): number {
    if (bound === undefined) return NVML.NOT_SUPPORTED;
    const { question, call, parameters } = bound;
    if (question.words !== undefined) this.#answer.words.set(question.words);
    const code = call(...parameters);
    if (code === NVML.SUCCESS) takeFields(question.rules, this.#answer, draft);
    else throwIfGone(code, question.symbol);
    return code;
  }

  #bind(question: Question): Bound | undefined {
    const call = this.#library.find(question.symbol);
    if (call === undefined) return question.otherwise && this.#bind(question.otherwise);
    const outputs = Array.from({ length: question.outputs ?? 1 }, (_, n) =>
      this.#answer.slice(n * OUTPUT_STEP),
    );
    return { question, call, parameters: [this.#handle, ...(question.inputs ?? []), ...outputs] };
  }
}

/** The word that says a structure's size and version (nvml.h, `NVML_STRUCT_VERSION`). */
export function structVersion(byteLength: number, version: number): number {
  return (version << 24) | byteLength;
}
