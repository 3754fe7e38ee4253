import { expect } from 'chai';
import protobuf from 'protobufjs';
import { BatchReader } from '../../agent/ingest/batch-reader.ts';
import { encodeBatch } from './span-batch-codec.ts';
import { type StagedSpan, stagedSpans, TOO_LONG } from './staged-spans.ts';

const NOW_NS = 1_800_000_000_000_000_000n;
const ROW = { model: 'm', startUnixNano: NOW_NS, durationNano: 5 };
const COLUMNS = {
  strings: ['m', 'int8', 'queue', 'gpu', 'GPU-1'],
  series: [{ model: 1, variant: 2, labels: [4, 5] }],
  seriesStatus: [1, 2],
  endUnixNano: [NOW_NS, NOW_NS],
  durationNano: [5, 6],
  phases: [{ name: 3, durationNano: [1, Number.NaN] }],
};

/** Bytes of a message written field by field. */
function message(write: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer);
  return writer.finish();
}

function field(number: number, part: Uint8Array): Uint8Array {
  return message((w) => w.uint32(number * 8 + 2).bytes(part));
}

function read(...parts: readonly Uint8Array[]): readonly StagedSpan[] {
  const bytes = Buffer.concat(parts);
  const reader = new BatchReader(['gpu'], 16);
  reader.read(bytes);
  return stagedSpans(reader, bytes);
}

const span = (write: (writer: protobuf.Writer) => void): Uint8Array => field(4, message(write));

describe('wire forms that protobuf allows', () => {
  const cases: readonly (readonly [string, Uint8Array, Partial<StagedSpan>])[] = [
    [
      'the last of two values counts',
      span((w) => w.uint32(56).int64(1).uint32(56).int64(2)),
      { durationNs: 2 },
    ],
    [
      'a known field with another wire type is skipped',
      span((w) => w.uint32(56).int64(1).uint32(57).fixed64(9).uint32(8).uint32(3)),
      { durationNs: 1, names: ['', '', '', ''] },
    ],
    [
      'a group is skipped with all that is in it',
      span((w) => w.uint32(163).uint32(56).int64(7).uint32(171).uint32(172).uint32(164).uint32(56).int64(2)),
      { durationNs: 2 },
    ],
    ['a tag may take more bytes than it needs', field(4, Uint8Array.of(0xb8, 0, 6)), { durationNs: 6 }],
    ['a negative number takes ten bytes', span((w) => w.uint32(56).int64(-1)), { durationNs: -1 }],
    ['a status outside the enum stays wrong', span((w) => w.uint32(64).int32(-1)), { status: 255 }],
    ['weight 0 is one request', span((w) => w.uint32(81).double(0)), { weight: 1 }],
    [
      'a string of too many bytes is known as such',
      span((w) => w.uint32(10).string('é'.repeat(9))),
      { names: [TOO_LONG, '', '', ''] },
    ],
    [
      'the request is preferred to the trace',
      span((w) => w.uint32(122).string('r').uint32(130).string('t')),
      { requestId: 'r' },
    ],
    ['the trace is better than nothing', span((w) => w.uint32(130).string('t')), { requestId: 't' }],
  ];
  for (const [title, bytes, expected] of cases) {
    it(title, () => expect(read(bytes)[0]).to.deep.include(expected));
    // Only a field that is not the last thing in its message is read in place.
    it(`${title}, with more behind it`, () => {
      expect(read(bytes, field(99, new Uint8Array(16)))[0]).to.deep.include(expected);
    });
  }

  it('two series messages are one', () => {
    const bytes = [
      encodeBatch({ series: { model: 'a', variant: 'x' } }),
      encodeBatch({ series: { variant: 'y' } }),
    ];
    expect(read(encodeBatch({ spans: [{}] }), ...bytes)[0].names).to.deep.equal(['a', 'y', '', '']);
  });

  it('two columns messages are one, wherever they are cut', () => {
    const { phases, durationNano, ...rest } = COLUMNS;
    const whole = read(encodeBatch({ columns: COLUMNS }));
    expect(
      read(encodeBatch({ columns: { durationNano, phases } }), encodeBatch({ columns: rest })),
    ).to.deep.equal(whole);
  });

  it('rows come before columns in any order of the message', () => {
    const spans = read(encodeBatch({ columns: COLUMNS }), encodeBatch({ spans: [ROW] }));
    expect(spans.map(({ names }) => names[1])).to.deep.equal(['', 'int8', 'int8']);
  });

  it('defaults fill what a row leaves empty, and not what columns do', () => {
    const series = { model: 'd', version: '7', labels: { gpu: 'GPU-0', other: 'x' } };
    const spans = read(encodeBatch({ spans: [ROW, {}], columns: COLUMNS, series }));
    expect(spans.map(({ names, labels }) => [names[0], names[2], labels[0]])).to.deep.equal([
      ['m', '7', 'GPU-0'],
      ['d', '7', 'GPU-0'],
      ['m', '', 'GPU-1'],
      ['m', '', 'GPU-1'],
    ]);
  });

  it('repeated numbers may stand one by one', () => {
    const bytes = message((w) => {
      for (const [tag, values] of [
        [41, [5, 6]],
        [57, [1, 2]],
      ] as const)
        for (const v of values) w.uint32(tag).double(v);
      for (const value of [1, 2])
        w.uint32(24)
          .uint32(value)
          .uint32(33)
          .fixed64(NOW_NS.toString() as never);
      w.uint32(18).bytes(message((s) => s.uint32(8).uint32(1).uint32(40).uint32(0).uint32(40).uint32(0)));
      w.uint32(10).string('m');
    });
    const spans = read(field(5, bytes));
    expect(spans.map((s) => [s.names[0], s.durationNs, s.weight, s.status])).to.deep.equal([
      ['m', 5, 1, 1],
      ['m', 6, 2, 2],
    ]);
  });
});

describe('wire forms that are refused', () => {
  const columns = (change: object): Uint8Array => encodeBatch({ columns: { ...COLUMNS, ...change } });
  const tiny = (tag: number, count: number): Uint8Array => Buffer.alloc(count * 2, Uint8Array.of(tag, 0));
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a length beyond the end', Buffer.from([34, 200, 1]), 'truncated'],
    ['a tag alone', Buffer.from([16]), 'truncated at byte 1'],
    ['a part that ends within a number', Buffer.from([34, 2, 49, 1]), 'truncated'],
    ['a varint without an end', Buffer.alloc(20, 0xff), 'varint of more than 10 bytes'],
    ['field number 0', Buffer.from([2, 0]), 'field number 0'],
    ['wire type 7', Buffer.from([0xa7, 1]), 'wire type 7 out of place'],
    ['the end of a group without a start', Buffer.from([0xa4, 1]), 'wire type 4 out of place'],
    ['the end of another group', Buffer.from([0xa3, 1, 0xac, 1]), 'wire type 4 out of place'],
    ['groups nested too deep', Buffer.alloc(500, 0x0b), 'nested deeper than 100'],
    ['more spans than a batch may have', tiny(34, 65_537), 'more than 65536 spans'],
    ['more strings than a batch may have', field(5, tiny(10, 65_537)), 'more than 65536 strings'],
    ['more series than a batch may have', field(5, tiny(18, 65_537)), 'more than 65536 series'],
    ['more phases than a batch may have', field(5, tiny(50, 257)), 'more than 256 phases'],
    ['columns of different lengths', columns({ durationNano: [1] }), 'not all have the 2 elements'],
    [
      'a phase of another length',
      columns({ phases: [{ name: 3, durationNano: [1] }] }),
      'not all have the 2 elements',
    ],
    [
      'offsets of another length',
      columns({ phases: [{ name: 3, durationNano: [1, 2], startOffsetNano: [1] }] }),
      'not all have the 2 elements',
    ],
    ['an unknown series', columns({ seriesStatus: [1, 4] }), 'there is no series 1'],
    ['an unknown string', columns({ series: [{ model: 6 }] }), 'there is no string 6'],
    ['a label without a value', columns({ series: [{ model: 1, labels: [4] }] }), 'a label without a value'],
  ];
  for (const [title, bytes, reason] of cases) {
    it(title, () => expect(() => read(bytes)).to.throw(reason));
  }
});
