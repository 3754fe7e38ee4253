import type { SaveRequest } from '../baseline/baselines.ts';
import type { Parsed } from './parsed.ts';

const TEXTS = ['model', 'variant', 'version', 'operation', 'server'];
const TIMES = ['fromMs', 'toMs'];
const KEYS = [...TEXTS, ...TIMES, 'labels', 'replace'];
const MAX_TIME_MS = 8.64e15;

/** Parses the body of `POST /api/v1/baselines/NAME`: a series and a range, in Unix ms. */
export function parseSaveRequest(body: string): Parsed<SaveRequest> {
  const value = parseObject(body);
  if (value === undefined) return fault('body', 'the body must be a JSON object');
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    return fault(unknown, `"${unknown}" is no key here; there are ${KEYS.join(', ')}`);
  const { labels = {}, replace = false, model } = value;
  const wrongText = TEXTS.find((key) => value[key] !== undefined && typeof value[key] !== 'string');
  if (wrongText !== undefined) return fault(wrongText, `"${wrongText}" must be a text`);
  if (typeof model !== 'string' || model === '') return fault('model', 'a model is needed');
  if (!isTexts(labels)) return fault('labels', '"labels" must be an object of texts');
  if (typeof replace !== 'boolean') return fault('replace', '"replace" must be true or false');
  const wrongTime = TIMES.find((key) => !isTime(value[key]));
  if (wrongTime !== undefined) return fault(wrongTime, `"${wrongTime}" must be a time in Unix milliseconds`);
  const request = value as unknown as SaveRequest;
  if (request.fromMs >= request.toMs) return fault('fromMs', '"fromMs" must be before "toMs"');
  return { ok: true, value: request };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME_MS;
}

function fault(parameter: string, message: string): Parsed<never> {
  return { ok: false, parameter, message };
}
