import type { Clock } from '../../core/clock.ts';
import { operatorName } from '../../core/operator-name.ts';
import { mergeOperators, type OperatorTotals } from '../../core/operator-totals.ts';
import type { Point, Tags } from '../../core/point.ts';
import type { OperatorCounts } from '../../core/status.ts';
import { MalformedBatch } from '../malformed-batch.ts';
import { OperatorCounter } from './operator-counter.ts';
import { OperatorPoints } from './operator-points.ts';
import { decodeOperatorReport, type OperatorReport, type ReportedSeries } from './operator-report.ts';
import { checkOperator, checkProfile, type OperatorRejection } from './operator-rules.ts';

export interface OperatorIntakeOptions {
  /** Operators of a profile, on each device, that get points of their own. */
  readonly operators: number;
  /** Keys of the labels that become tags. */
  readonly labels: readonly string[];
  /** UTF-8 bytes that a name or a label's value may have. */
  readonly labelBytes: number;
}

/** `OperatorAck` of the wire contract. */
export interface OperatorAck {
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicate: boolean;
  readonly reason: string;
}

/** What became of a message. `full`: nothing was taken, it may be sent again later. */
export type OperatorReceipt =
  | ({ readonly kind: 'ack' } & OperatorAck)
  | { readonly kind: 'malformed' | 'full'; readonly reason: string };

const MAX_PROFILE_ID_BYTES = 32;
const MAX_DEVICES = 16;
const MAX_DEVICE_LENGTH = 64;
/** Profiles that are known again when they come a second time. */
const MAX_KNOWN_PROFILES = 4096;
/** Points that wait for the next flush. */
const MAX_WAITING_POINTS = 20_000;

/** Takes `OperatorReport` messages, and keeps their points for the next flush. */
export class OperatorIntake {
  readonly #options: OperatorIntakeOptions;
  readonly #clock: Clock;
  readonly #points: OperatorPoints;
  readonly #counter = new OperatorCounter();
  /** By profile id, oldest first. */
  readonly #acks = new Map<string, OperatorAck>();
  #waiting: Point[] = [];

  constructor(options: OperatorIntakeOptions, baseTags: Tags, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#points = new OperatorPoints(baseTags, options.operators);
  }

  /** `bytes` may be reused by the caller afterwards. */
  receive(bytes: Uint8Array): OperatorReceipt {
    const nowMs = this.#clock.wallMs();
    const report = read(bytes);
    if (typeof report === 'string') {
      this.#counter.malformed(report, nowMs);
      return { kind: 'malformed', reason: report };
    }
    const id = Buffer.from(report.profileId).toString('latin1');
    const first = this.#acks.get(id);
    if (first !== undefined) {
      this.#counter.duplicates(report.operators.length);
      return { kind: 'ack', ...first, duplicate: true };
    }
    if (this.#waiting.length >= MAX_WAITING_POINTS)
      return { kind: 'full', reason: 'too many operators wait for the next flush' };
    const ack = this.#take(report, nowMs);
    if (id !== '') this.#remember(id, ack);
    return { kind: 'ack', ...ack };
  }

  /** The points since the last call. */
  drain(): readonly Point[] {
    const points = this.#waiting;
    this.#waiting = [];
    return points;
  }

  counts(): OperatorCounts {
    return this.#counter.counts();
  }

  #take(report: OperatorReport, nowMs: number): OperatorAck {
    const { operators, iterations, profiler } = report;
    const endMs = Number.isNaN(report.endMs) ? Math.floor(nowMs) : report.endMs;
    const profile = { series: this.#tagsOf(report.series), profiler, endMs };
    const flaw = checkProfile(profile, nowMs, this.#options.labelBytes);
    const rejections = new Map<OperatorRejection, number>();
    const sound = flaw === undefined ? soundOperators(operators, rejections) : [];
    if (flaw !== undefined) rejections.set(flaw, operators.length);
    const checked = { ...profile, iterations, operators: mergeOperators(sound) };
    const { points, unplaced } = this.#points.of(checked, nowMs);
    this.#waiting.push(...points);
    if (unplaced > 0) rejections.set('too_many_series', unplaced);
    const detail = `a profile of ${profile.series.model || 'no model'} by ${profiler || 'an unnamed profiler'}`;
    for (const [reason, count] of rejections) this.#counter.rejected(reason, count, { detail, atMs: nowMs });
    const rejected = [...rejections.values()].reduce((sum, count) => sum + count, 0);
    const accepted = operators.length - rejected;
    if (flaw === undefined) this.#counter.profile(accepted);
    return { accepted, rejected, duplicate: false, reason: [...rejections.keys()][0] ?? '' };
  }

  #tagsOf({ model, variant, version, operation, labels }: ReportedSeries) {
    const allowed = this.#options.labels.filter((key) => (labels.get(key) ?? '') !== '').sort();
    return {
      model,
      variant: variant || 'default',
      version,
      operation,
      server: '',
      labels: Object.fromEntries(allowed.map((key) => [key, labels.get(key) ?? ''])),
    };
  }

  #remember(id: string, ack: OperatorAck): void {
    this.#acks.set(id, ack);
    if (this.#acks.size <= MAX_KNOWN_PROFILES) return;
    const [[oldest]] = this.#acks;
    this.#acks.delete(oldest);
  }
}

/** The report, or what is wrong with the message. */
function read(bytes: Uint8Array): OperatorReport | string {
  try {
    const report = decodeOperatorReport(bytes);
    const isLong = report.profileId.length > MAX_PROFILE_ID_BYTES;
    return isLong ? `profile_id of more than ${MAX_PROFILE_ID_BYTES} bytes` : report;
  } catch (error) {
    if (error instanceof MalformedBatch) return error.message;
    throw error;
  }
}

function soundOperators(
  operators: readonly OperatorTotals[],
  rejections: Map<OperatorRejection, number>,
): readonly OperatorTotals[] {
  const devices = new Set<string>();
  const sound: OperatorTotals[] = [];
  for (const raw of operators) {
    const name = operatorName(raw.name);
    const device = operatorName(raw.device, MAX_DEVICE_LENGTH);
    const operator = { ...raw, name, device };
    const hasRoom = devices.has(device) || devices.size < MAX_DEVICES;
    const flaw = checkOperator(operator) ?? (hasRoom ? undefined : 'too_many_devices');
    if (flaw !== undefined) rejections.set(flaw, (rejections.get(flaw) ?? 0) + 1);
    else {
      devices.add(device);
      sound.push(operator);
    }
  }
  return sound;
}
