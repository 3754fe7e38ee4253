/** Why something was not done, as a word for programs. */
export type RefusalCode =
  | 'bad_name'
  | 'bad_range'
  | 'bad_document'
  | 'too_large'
  | 'exists'
  | 'full'
  | 'not_found'
  | 'unknown_series'
  | 'several_series'
  | 'not_recorded'
  | 'too_short'
  | 'no_requests'
  | 'failed';

/** Nothing was done; `message` is for people and says what to do. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export function refuse(code: RefusalCode, message: string): Refusal {
  return { kind: 'refused', code, message };
}
