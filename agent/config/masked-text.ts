import { findEntry } from './option-list.ts';
import type { KeyPath } from './source-node.ts';

export const MASK = '***';
const MAX_SHOWN = 80;

/** A value as messages and the effective config may show it: no secret, no credentials of a URL. */
export function maskedText(path: KeyPath, text: string): string {
  const entry = findEntry(path.map(String));
  if (entry?.type === 'option' && entry.secret) return MASK;
  const shown = text.replace(/\/\/[^/]*@/, `//${MASK}@`);
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
