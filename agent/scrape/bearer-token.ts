import { readFile } from 'node:fs/promises';

const MAX_CHARACTERS = 64 * 1024;
/** What a header may hold. */
const TOKEN = /^[\x21-\x7e]+$/;

/** The token in a file, without white space around it. Rejects with a reason that names the file, never its content. */
export async function loadBearerToken(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`the file ${path} cannot be read: ${error.code}`, { cause: error });
  });
  const token = text.trim();
  if (token.length > MAX_CHARACTERS || !TOKEN.test(token)) throw new Error(`the file ${path} holds no token`);
  return token;
}
