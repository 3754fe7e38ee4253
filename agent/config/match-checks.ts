import type { Conflict } from './conflict.ts';
import type { ParsedConfig } from './schema.ts';

/** Entries of `match` that do nothing, or never count because an earlier one has the same patterns. */
export function matchConflicts(match: ParsedConfig['match']): Conflict[] {
  return match.flatMap((entry, index): Conflict[] => {
    const { service, model, ...set } = entry;
    const at = (message: string): Conflict[] => [{ paths: [['match', index]], message }];
    if (service === undefined && model === undefined) return at('needs service or model');
    const first = match.findIndex((other) => other.service === service && other.model === model);
    if (first < index) return at(`match[${first}] is for the same service and model`);
    const namesModel = service !== undefined && model !== undefined && !model.includes('*');
    const isIdle = !namesModel && Object.values(set).every((value) => value === undefined);
    return isIdle ? at('needs set_model, variant, expect_tensor or sample_rate') : [];
  });
}
