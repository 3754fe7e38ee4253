import { expect } from 'chai';
import { SpanIntake } from '../../agent/ingest/span-intake.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { type RecordedSpan, RecordingSink } from '../fakes/recording-sink.ts';
import { SilentLogger } from '../fakes/silent-logger.ts';
import { encodeBatch, type MessageFields } from './span-batch-codec.ts';

const NOW_MS = 1_800_000_000_000;
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const DURATION_NS = 1000;

/** The one span of a message, as the sink gets it. */
function receive(bytes: Uint8Array): RecordedSpan {
  const sink = new RecordingSink();
  const options = { latenessMs: 30_000, intervalMs: 10_000, labels: [] };
  const intake = new SpanIntake(options, sink, new ManualClock(NOW_MS), new SilentLogger());
  expect(intake.receive(bytes, 'report')).to.deep.include({ accepted: 1, rejected: 0 });
  return sink.spans[0];
}

/** The offsets of its phases. */
function offsets(batch: MessageFields): Readonly<Record<string, number>> {
  return receive(encodeBatch(batch)).phaseOffsets;
}

function row(phases: readonly object[], more: object = {}): MessageFields {
  return {
    spans: [{ model: 'm', startUnixNano: NOW_NS, durationNano: DURATION_NS, phases, ...more }],
  };
}

function columns(phases: readonly object[], more: object = {}): MessageFields {
  return {
    columns: {
      strings: ['m', 'queue', 'inference'],
      series: [{ model: 1 }],
      seriesStatus: [1],
      endUnixNano: [NOW_NS],
      durationNano: [DURATION_NS],
      phases,
      ...more,
    },
  };
}

type Offset = number | bigint | undefined;

/** What is sent; undefined: nothing. What arrives; undefined: none. */
const ROWS: readonly (readonly [string, Offset, number | undefined])[] = [
  ['none', undefined, undefined],
  ['the start', 0, 0],
  ['inside', 7, 7],
  ['one that takes two bytes', 300, 300],
  ['the end', DURATION_NS, DURATION_NS],
  ['beyond the end', DURATION_NS + 1, undefined],
  ['negative', -1, undefined],
  ['the greatest', 2n ** 63n - 1n, undefined],
  ['the least', -(2n ** 63n), undefined],
];

const COLUMNS: readonly (readonly [string, number, number | undefined])[] = [
  ['not known', Number.NaN, undefined],
  ['the start', 0, 0],
  ['the end', DURATION_NS, DURATION_NS],
  ['beyond the end', DURATION_NS + 0.5, undefined],
  ['negative', -1, undefined],
  ['infinite', Number.POSITIVE_INFINITY, undefined],
];

describe('offsets of phases', () => {
  for (const [title, sent, expected] of ROWS) {
    it(`row: ${title}: ${expected ?? 'none'}`, () => {
      const phases = [{ name: 'queue', durationNano: 5, startOffsetNano: sent }, { name: 'inference' }];
      expect(offsets(row(phases))).to.deep.equal(expected === undefined ? {} : { queue: expected });
    });
  }

  for (const [title, sent, expected] of COLUMNS) {
    it(`columns: ${title}: ${expected ?? 'none'}`, () => {
      const phases = [
        { name: 2, durationNano: [5], startOffsetNano: [sent] },
        { name: 3, durationNano: [9] },
      ];
      expect(offsets(columns(phases))).to.deep.equal(expected === undefined ? {} : { queue: expected });
    });
  }

  it('columns: only some phases have them', () => {
    const [queue, inference] = [2, 3].map((name) => ({ name, durationNano: [5] }));
    const sent = [queue, { ...inference, startOffsetNano: [6] }];
    expect(offsets(columns(sent))).to.deep.equal({ inference: 6 });
    expect(offsets(columns(sent.toReversed()))).to.deep.equal({ inference: 6 });
  });

  it('are those of the first of several phases of a name', () => {
    const phases = [8, 3].map((startOffsetNano) => ({ name: 'queue', durationNano: 1, startOffsetNano }));
    expect(offsets(row(phases))).to.deep.equal({ queue: 8 });
  });

  it('are judged by a duration that comes after the phases', () => {
    const late = encodeBatch({ spans: [{ durationNano: 5 }] });
    const whole = encodeBatch(row([{ name: 'queue', durationNano: 1, startOffsetNano: 7 }]));
    // One span of two parts, which both begin with a tag and a length of at most 127.
    const span = Buffer.concat([whole.subarray(2), late.subarray(2)]);
    const { durationNs, phaseOffsets } = receive(Buffer.concat([Uint8Array.of(34, span.length), span]));
    expect([durationNs, phaseOffsets]).to.deep.equal([5, {}]);
  });

  it('are not what derived phases have', () => {
    const tokens = { timeToFirstTokenNano: 100, outputTokens: 3 };
    const phases = [{ name: 'queue', durationNano: 5, startOffsetNano: 7 }];
    expect(offsets(row(phases, tokens))).to.deep.equal({ queue: 7 });
  });
});
