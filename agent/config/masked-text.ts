import { findEntry } from './option-list.ts';
import type { KeyPath } from './source-node.ts';

export const MASK = '***';
const MAX_SHOWN = 80;

/** A value as messages and the effective config may show it: no secret, no credentials of a URL. */
export function maskedText(path: KeyPath, text: string): string {
  if (isSecret(path)) return MASK;
  const shown = text.replace(/\/\/[^/]*@/, `//${MASK}@`);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}

/** Names stay. */
export function maskValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, MASK]));
}

/** Of a secret map, everything in it is one. */
export function isSecret(path: KeyPath): boolean {
  return path.some((_, index) => {
    const entry = findEntry(path.slice(0, index + 1).map(String));
    return entry?.type === 'option' && entry.secret === true;
  });
}
