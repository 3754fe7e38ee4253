import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_DECIMAL_BYTES, writeFloat, writeInteger } from '../../agent/core/decimal.ts';
import { LineBuffer } from '../../agent/core/line-buffer.ts';
import { decodeLine, splitLine } from '../../agent/core/line-decoder.ts';
import { encodePoint } from '../../agent/core/line-protocol.ts';
import { type FieldsOf, type Point, PointSeries, type Tags } from '../../agent/core/point.ts';

const TIME_MS = 1_800_000_000_000;
const decoder = new TextDecoder();

describe('encodePoint', () => {
  const cases: readonly [string, Tags, FieldsOf<'inference'>, string][] = [
    ['marks integers', {}, { requests: 3 }, 'inference requests=3i'],
    ['leaves floats bare, also whole ones', {}, { request_rate: 3 }, 'inference request_rate=3'],
    ['sorts tags', { model: 'm', host: 'h' }, { requests: 0 }, 'inference,host=h,model=m requests=0i'],
    ['leaves empty tags out', { model: 'm', version: '' }, { requests: 0 }, 'inference,model=m requests=0i'],
    [
      'takes fields in any order',
      {},
      { coverage_ratio: 1, requests: 2 },
      'inference coverage_ratio=1,requests=2i',
    ],
    ['leaves out what is undefined', {}, { requests: 1, errors: undefined }, 'inference requests=1i'],
    [
      'leaves out NaN and infinities',
      {},
      { requests: Number.NaN, request_rate: Number.POSITIVE_INFINITY, slo_ratio: 1 },
      'inference slo_ratio=1',
    ],
    ['rounds a fraction in an integer field', {}, { requests: 2.5 }, 'inference requests=3i'],
    ['writes integers beyond 2^53', {}, { requests: 2 ** 60 }, 'inference requests=1152921504606846976i'],
    ['leaves out what no int64 holds', {}, { requests: 2 ** 63, slo_ratio: 0 }, 'inference slo_ratio=0'],
    [
      'escapes separators',
      { model: 'a,b=c d' },
      { requests: 1 },
      'inference,model=a\\,b\\=c\\ d requests=1i',
    ],
    [
      'turns control characters into spaces',
      { model: 'a\nb' },
      { requests: 1 },
      'inference,model=a\\ b requests=1i',
    ],
    [
      'does not let a last backslash escape',
      { model: 'a\\', server: 'b' },
      { requests: 1 },
      'inference,model=a/,server=b requests=1i',
    ],
    ['keeps harmless backslashes', { model: 'C:\\m' }, { requests: 1 }, 'inference,model=C:\\m requests=1i'],
  ];
  for (const [title, tags, fields, line] of cases) {
    it(title, () => expect(encode(inference(tags, fields))).to.equal(`${line} ${TIME_MS}\n`));
  }

  it('writes nothing for a point without fields', () => {
    const buffer = new LineBuffer();
    expect(encodePoint(inference({}, { requests: Number.NaN }), buffer)).to.equal(false);
    expect(buffer.length).to.equal(0);
  });

  it('grows its buffer', () => {
    const buffer = new LineBuffer(1);
    const point = inference({ model: 'm' }, { requests: 1, latency_mean_seconds: 0.25 });
    for (let i = 0; i < 1000; i++) encodePoint(point, buffer);
    const lines = decoder.decode(buffer.written()).trimEnd().split('\n');
    expect(new Set(lines)).to.deep.equal(new Set([encode(point).trimEnd()]));
    expect(lines).to.have.length(1000);
  });

  it('is undone by decodeLine, whatever the tags and fields', () => {
    fc.assert(
      fc.property(
        arbitraryTags(),
        arbitraryFields(),
        fc.integer({ min: 0, max: 4e12 }),
        (tags, fields, timestampMs) => {
          const point = { ...inference(tags, fields), timestampMs };
          const decoded = decodeLine(encode(point));
          expect(decoded?.measurement).to.equal('inference');
          expect(decoded?.tags).to.deep.equal(expectedTags(point.series.tags));
          expect(decoded?.timestampMs).to.equal(timestampMs);
          expect(Object.keys(decoded?.fields ?? {})).to.have.members(Object.keys(fields));
          for (const [name, value] of Object.entries(fields))
            expectClose(Number(decoded?.fields[name]), Number(value));
        },
      ),
    );
  });
});

describe('splitLine', () => {
  it('cuts at the first bare space and at the last', () => {
    expect(splitLine('m,t=a\\ b text="c d",n=1i 12\n')).to.deep.equal({
      key: 'm,t=a\\ b',
      fieldText: 'text="c d",n=1i',
      timestampMs: 12,
    });
  });

  for (const line of ['', 'm', 'm 1', 'm f=1', 'm f=1 x', ' f=1 1', 'm f=1 1 \n2', '\0']) {
    it(`refuses ${JSON.stringify(line)}`, () => expect(splitLine(line)).to.equal(undefined));
  }
});

describe('decodeLine', () => {
  it('reads strings with separators, quotes and backslashes in them, and booleans', () => {
    expect(decodeLine('m s="a, b=\\"c\\\\",t=true,f=false 1')?.fields).to.deep.equal({
      s: 'a, b="c\\',
      t: true,
      f: false,
    });
  });

  for (const line of [
    'm f= 1',
    'm f 1',
    'm f=x 1',
    'm f="a 1',
    'm f=1, 1',
    'm,t f=1 1',
    'm f="a"b 1',
    'm f=1i2 1',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => expect(decodeLine(line)).to.equal(undefined));
  }

  it('answers to any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => void decodeLine(text)));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'m,=\\ "i1\n') }), (text) => void decodeLine(text)),
    );
  });
});

describe('decimal digits', () => {
  it('read back as the integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(digitsOf(writeInteger, value)).to.equal(value);
      }),
    );
  });

  it('read back within 1e-9 of the float', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        expectClose(digitsOf(writeFloat, value), value),
      ),
    );
    const scaled = fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: -12, max: 17 }));
    fc.assert(fc.property(scaled, ([m, e]) => expectClose(digitsOf(writeFloat, m * 10 ** e), m * 10 ** e)));
  });

  const exact: readonly [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [0.1, '0.1'],
    [-2.5, '-2.5'],
    [0.00012, '0.00012'],
    [999_999_999.9, '999999999.9'],
    [0.999_999_999_99, '1'],
    [0.099_999_999_999, '0.1'],
    [9.999_999_999_99, '10'],
    [1e-7, '0.0000001'],
    [5e-324, '5e-324'],
    [1.5e300, '1.5e+300'],
    [-1e-9, '-1e-9'],
    [2 ** 53, '9007199254740992'],
  ];
  for (const [value, text] of exact) {
    it(`write ${value} as ${text}`, () => expect(textOf(writeFloat, value)).to.equal(text));
  }
});

function inference(tags: Tags, fields: FieldsOf<'inference'>): Point {
  return { series: new PointSeries('inference', tags), fields, timestampMs: TIME_MS };
}

function encode(point: Point): string {
  const buffer = new LineBuffer();
  encodePoint(point, buffer);
  return decoder.decode(buffer.written());
}

function arbitraryTags(): fc.Arbitrary<Tags> {
  const hostile = fc.string({ unit: fc.constantFrom(...'a,= \\"\n\r\t\0ü漢😀'), minLength: 1 });
  const value = fc.oneof(hostile, fc.string({ unit: 'binary', minLength: 1 }));
  return fc.dictionary(fc.constantFrom('model', 'variant', 'version', 'a label', 'k=v'), value);
}

function arbitraryFields(): fc.Arbitrary<FieldsOf<'inference'>> {
  const count = fc.maxSafeNat();
  const value = fc.double({ noNaN: true, noDefaultInfinity: true });
  return fc.record(
    { requests: count, errors: count, request_rate: value, slo_ratio: value },
    { requiredKeys: ['requests'] },
  );
}

function expectedTags(tags: Tags): Tags {
  const text = (value: string): string => value.replace(/\p{Cc}/gu, ' ').replace(/\\(?=[,= \\]|$)/g, '/');
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [text(key), text(value)]));
}

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).to.be.at.most(Math.abs(expected) * 1e-9);
}

type Writer = (view: DataView, at: number, value: number) => number;

function textOf(write: Writer, value: number): string {
  const bytes = new Uint8Array(MAX_DECIMAL_BYTES);
  return decoder.decode(bytes.subarray(0, write(new DataView(bytes.buffer), 0, value)));
}

function digitsOf(write: Writer, value: number): number {
  return Number(textOf(write, value));
}
