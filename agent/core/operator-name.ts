/** A name of more characters than this is cut: a kernel's template arguments may take 2,000. */
const MAX_LENGTH = 160;
const HASH_DIGITS = 8;

/** Sums up the operators of a device that have no point of their own. */
export const OTHER_OPERATORS = '__other__';

/**
 * A profiler's name of an operator as one line of at most `maxLength` characters. Of a longer one the beginning stays,
 * where the function stands, and a hash of the whole keeps it apart from others that begin alike. Empty: no name.
 */
export function operatorName(text: string, maxLength = MAX_LENGTH): string {
  const line = text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\p{Cs}/gu, '?')
    .trim();
  if (line.length <= maxLength) return line;
  const begin = line.slice(0, maxLength - HASH_DIGITS - 1);
  return `${begin.replace(/[\ud800-\udbff]$/, '')}…${hashOf(line)}`;
}

/** FNV-1a over UTF-16 units, as hexadecimal digits. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(HASH_DIGITS, '0');
}
