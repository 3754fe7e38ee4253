import type { QuestionSet } from './device-inquiry.ts';
import { fullFieldValues, quickFieldValues, rareFieldValues, staticFieldValues } from './field-values.ts';
import { fullQuestions, marginQuestion, rareQuestions } from './full-questions.ts';
import { quickQuestions } from './quick-questions.ts';
import { staticQuestions } from './static-questions.ts';
import { fullTagQuestions, quickTagQuestions, staticTagQuestions } from './tag-questions.ts';

/** Each tick: what changes by the second, some 40 µs of driver time on an H100. */
export const quickSet: QuestionSet = {
  values: quickFieldValues,
  questions: quickQuestions,
  tags: quickTagQuestions,
};

/** In full readings: what changes slowly or is dear. */
export const fullSet: QuestionSet = {
  values: fullFieldValues,
  questions: fullQuestions,
  tags: fullTagQuestions,
};

/** In some full readings: what is dear and hardly ever changes. */
export const rareSet: QuestionSet = { values: rareFieldValues, questions: rareQuestions, tags: [] };

/** Together with `rareSet`, but repeated only until the next full reading. */
export const marginSet: QuestionSet = { values: [], questions: [marginQuestion], tags: [] };

/** Once: what stays until the GPU is reset. */
export const staticSet: QuestionSet = {
  values: staticFieldValues,
  questions: staticQuestions,
  tags: staticTagQuestions,
};
