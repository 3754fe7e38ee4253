import { z } from 'zod';
import { parseListenAddress } from '../core/listen-address.ts';
import { parseByteSize } from './byte-size.ts';
import { parseDuration } from './duration.ts';

/** What a key of the config is for; documentation and error messages are made from it. */
export interface OptionInfo {
  /** One or two sentences; says the reason for a default that is not obvious. */
  readonly help: string;
  readonly kind: 'scalar' | 'list' | 'map';
  /** With its bounds: `a duration from 1s to 10m`. */
  readonly takes: string;
  /** A value for the sample, for a key without a default. */
  readonly example?: string;
  /** Never shown, neither in messages nor in the effective config. */
  readonly secret?: boolean;
}

export interface SectionInfo {
  readonly help: string;
  /** The key that is meant where a plain value stands instead of the section. */
  readonly shorthand?: 'address' | 'enabled';
  /** The section whose documentation holds for this one too. */
  readonly sameAs?: string;
}

/** The longest path of a file, as Linux has it. */
export const MAX_PATH = 4096;

export const optionInfo = z.registry<OptionInfo>();
export const sectionInfo = z.registry<SectionInfo>();

/** Every scalar arrives as text, whichever source it came from; undefined: it is not what the option takes. */
type ParseText<T> = (text: string) => T | undefined;

function scalar<T>(info: Omit<OptionInfo, 'kind'>, parse: ParseText<T>, expected = info.takes) {
  const schema = z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${expected}` });
    return z.NEVER;
  });
  return schema.register(optionInfo, { ...info, kind: 'scalar' });
}

interface Bounds<T> {
  readonly min: T;
  readonly max: T;
}

/** Output in milliseconds. */
export function duration(help: string, { min, max }: Bounds<string>) {
  const takes = `a duration from ${min} to ${max}`;
  return scalar(
    { help, takes },
    bounded(parseDuration, { min, max }),
    `${takes}: a number with ms, s, m, h or d`,
  );
}

/** Output in bytes. */
export function byteSize(help: string, { min, max }: Bounds<string>) {
  const takes = `a size from ${min} to ${max}`;
  return scalar(
    { help, takes },
    bounded(parseByteSize, { min, max }),
    `${takes}: bytes, or a number with kB, MB, GB, KiB, MiB, GiB or TiB`,
  );
}

export function integer(help: string, { min, max, example }: Bounds<number> & { example?: string }) {
  const takes = `a whole number from ${min} to ${max}`;
  const parse = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
  return scalar(
    { help, takes, ...(example && { example }) },
    bounded(parse, { min: String(min), max: String(max) }),
  );
}

/** A number above 0 up to 1. */
export function share(help: string, { min }: { min: number }) {
  const takes = `a number from ${min} to 1`;
  return scalar({ help, takes }, (value) => {
    const number = /^\d*\.?\d+(e-\d+)?$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= 1 ? number : undefined;
  });
}

export function boolean(help: string) {
  return scalar({ help, takes: 'true or false' }, (text) =>
    text === 'true' ? true : text === 'false' ? false : undefined,
  );
}

export function choice<const T extends string>(help: string, values: readonly T[]) {
  return scalar({ help, takes: `one of ${values.join(', ')}` }, (text) =>
    values.find((value) => value === text),
  );
}

/** One line of text, not empty unless `mayBeEmpty`. */
export function text(
  help: string,
  limits: { max: number; mayBeEmpty?: boolean; example?: string; secret?: boolean },
) {
  const { max, mayBeEmpty = false, ...rest } = limits;
  const valid = (value: string) =>
    value.length <= max && (mayBeEmpty || value !== '') && !CONTROL_CHARACTER.test(value);
  return scalar(
    { help, takes: 'text', ...rest },
    (value) => (valid(value) ? value : undefined),
    `one line of at most ${max} characters`,
  );
}

/** Output is the text itself; `parseListenAddress` reads it. */
export function listenAddress(help: string, { mayBeEmpty }: { mayBeEmpty: boolean }) {
  const expected = `host:port, [v6]:port or :port, with a port up to 65535${mayBeEmpty ? '; or empty: off' : ''}`;
  const parse = (value: string) => {
    if (value === '') return mayBeEmpty ? value : undefined;
    return parseListenAddress(value) === undefined ? undefined : value;
  };
  return scalar({ help, takes: 'an address' }, parse, expected);
}

/** Credentials do not belong in it, for it is shown in logs and on the page. */
export function httpUrl(help: string, { example }: { example: string }) {
  const takes = 'an http:// or https:// URL without user name, password and query';
  return scalar({ help, takes, example }, (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const good =
      /^https?:$/.test(url?.protocol ?? '') &&
      url?.username === '' &&
      url.password === '' &&
      url.search === '';
    return good ? value.replace(/\/+$/, '') : undefined;
  });
}

/** As `nvidia-smi -L` prints it; so is the output. */
export function gpuUuid(help: string) {
  const takes = 'the UUID of a GPU as `nvidia-smi -L` prints it, such as GPU-1b2c…';
  const pattern = /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  return scalar({ help, takes }, (value) =>
    pattern.test(value) ? `GPU-${value.slice(4).toLowerCase()}` : undefined,
  );
}

export function list<T extends z.ZodType>(help: string, item: T, limits: { max: number; takes: string }) {
  const takes = `a list of at most ${limits.max} ${limits.takes}`;
  return z.array(item).max(limits.max).register(optionInfo, { help, takes, kind: 'list' });
}

/** Output of `auto` is an empty list. */
export function listOrAuto<T extends z.ZodType>(
  help: string,
  item: T,
  limits: { max: number; takes: string },
) {
  const takes = `auto, or a list of at most ${limits.max} ${limits.takes}`;
  const asList = (value: unknown) => (value === 'auto' ? [] : value);
  return z
    .preprocess(asList, z.array(item).max(limits.max))
    .register(optionInfo, { help, takes, kind: 'list' });
}

export function map<T extends z.ZodType>(help: string, item: T, info: { takes: string; secret?: boolean }) {
  return z.record(z.string(), item).register(optionInfo, { help, ...info, kind: 'map' });
}

export function section<T extends z.ZodRawShape>(info: SectionInfo, shape: T) {
  return z.strictObject(shape).register(sectionInfo, info);
}

const CONTROL_CHARACTER = /\p{Cc}/u;

function bounded(parse: ParseText<number>, { min, max }: Bounds<string>): ParseText<number> {
  const least = parse(min) ?? Number.NaN;
  const greatest = parse(max) ?? Number.NaN;
  return (value) => {
    const number = parse(value);
    return number !== undefined && number >= least && number <= greatest ? number : undefined;
  };
}
