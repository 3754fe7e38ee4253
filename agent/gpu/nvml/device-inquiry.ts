import type { Answer } from './answer.ts';
import type { Draft } from './field-rule.ts';
import { type FieldValue, FieldValueBatch } from './field-values.ts';
import type { NvmlLibrary } from './nvml-library.ts';
import { Inquiry, type Question } from './question.ts';

/** What is asked together: of the fields, and of the tags beside them. */
export interface QuestionSet {
  readonly values: readonly FieldValue[];
  readonly questions: readonly Question[];
  readonly tags: readonly Question[];
}

/** One set of questions to one GPU. */
export class DeviceInquiry {
  readonly #values: FieldValueBatch;
  readonly #fields: Inquiry;
  readonly #tags: Inquiry;

  constructor(library: NvmlLibrary, handle: number, answer: Answer, set: QuestionSet) {
    this.#values = new FieldValueBatch(library, handle, set.values);
    this.#fields = new Inquiry(library, handle, answer).add(set.questions);
    this.#tags = new Inquiry(library, handle, answer).add(set.tags);
  }

  /** What the last question that failed was answered with. */
  get trouble(): number {
    return this.#fields.trouble;
  }

  /** Returns how many questions were answered; throws where the GPU or the driver is gone. */
  read(fields: Draft, tags: Draft): number {
    this.#fields.add(this.#values.read(fields));
    return this.#fields.read(fields) + this.#tags.read(tags);
  }
}
