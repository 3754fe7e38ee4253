import { z } from 'zod';
import { type OptionInfo, optionInfo, type SectionInfo, sectionInfo } from './option.ts';
import { schema } from './schema.ts';

/** A default as one would write it. */
export type Written = string | readonly Written[] | { readonly [key: string]: Written };

export interface Option extends OptionInfo {
  readonly path: readonly string[];
  /** Absent: none, the key may be left out. */
  readonly default?: Written;
}

export interface Section extends SectionInfo {
  readonly path: readonly string[];
}

export type Entry = ({ readonly type: 'option' } & Option) | ({ readonly type: 'section' } & Section);

/** Every key of the schema in its order, a section before what it holds. */
export const entries: readonly Entry[] = entriesOf(schema, []);

export const options: readonly Option[] = entries.filter((entry) => entry.type === 'option');
export const sections: readonly Section[] = entries.filter((entry) => entry.type === 'section');

/** The key at `path` exactly; undefined where there is none. */
export function findEntry(path: readonly string[]): Entry | undefined {
  const name = path.join('.');
  return entries.find((entry) => entry.path.join('.') === name);
}

/** `INFERMETER_LISTEN__GRPC`. */
export function environmentName(path: readonly string[]): string {
  return `INFERMETER_${path.join('__').toUpperCase()}`;
}

function entriesOf(object: z.ZodObject, prefix: readonly string[]): Entry[] {
  return Object.entries(object.shape).flatMap(([key, member]) =>
    entryOf(member as z.ZodType, [...prefix, key]),
  );
}

function entryOf(member: z.ZodType, path: readonly string[]): Entry[] {
  const { inner, written } = unwrap(member);
  if (inner instanceof z.ZodObject) {
    const info = sectionInfo.get(inner);
    if (info === undefined) throw new Error(`bug: section ${path.join('.')} has no documentation`);
    return [{ type: 'section', path, ...info }, ...entriesOf(inner, path)];
  }
  const info = optionInfo.get(inner);
  if (info === undefined) throw new Error(`bug: option ${path.join('.')} has no documentation`);
  return [{ type: 'option', path, ...info, ...(written !== undefined && { default: written }) }];
}

function unwrap(member: z.ZodType): { inner: z.ZodType; written?: Written } {
  if (member instanceof z.ZodOptional) return { inner: member.unwrap() as z.ZodType };
  if (!(member instanceof z.ZodPrefault)) return { inner: member };
  return { inner: member.unwrap() as z.ZodType, written: member.def.defaultValue as Written };
}
