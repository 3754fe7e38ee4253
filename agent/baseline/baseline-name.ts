const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a name may be; for messages. */
export const NAME_RULE = '1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", beginning with a letter or a digit';

/** Whether a baseline may be called this: a name is a tag, a part of a path, and often a file's. */
export function isBaselineName(text: string): boolean {
  return NAME.test(text);
}
