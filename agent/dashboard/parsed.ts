/** What came of reading a request's parameters: the value, or the parameter at fault and a sentence about it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly parameter: string; readonly message: string };
