import { expect } from 'chai';
import fc from 'fast-check';
import { parseSample, sampleName } from '../../agent/scrape/exposition-parser.ts';
import { ExpositionReader } from '../../agent/scrape/exposition-reader.ts';

interface Read {
  readonly samples: readonly (readonly [string, Readonly<Record<string, string>>, number])[];
  readonly malformed: number;
}

function read(chunks: readonly Buffer[], wants: (name: string) => boolean = () => true): Read {
  const samples: [string, Record<string, string>, number][] = [];
  const reader = new ExpositionReader({
    wants,
    take: ({ name, labels, value }) => samples.push([name, Object.fromEntries(labels), value]),
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.finish();
  return { samples, malformed: reader.malformed };
}

const readText = (text: string) => read([Buffer.from(text)]);

describe('Prometheus text', () => {
  const good: readonly [string, string, Readonly<Record<string, string>>, number][] = [
    ['a bare sample', 'a 1', {}, 1],
    ['labels', 'a{b="c",d="e"} 2.5', { b: 'c', d: 'e' }, 2.5],
    ['a comma after the last label', 'a{b="c",} 2', { b: 'c' }, 2],
    ['no labels in braces', 'a{} 3', {}, 3],
    ['white space wherever it may be', ' \ta { b = "c" , d="e" }\t4\t', { b: 'c', d: 'e' }, 4],
    ['a line end of Windows', 'a{b="c"} 4\r', { b: 'c' }, 4],
    ['a time', 'a 5 1700000000000', {}, 5],
    ['an exemplar', 'a{le="1"} 6 # {trace_id="x"} 0.5 1.7e9', { le: '1' }, 6],
    ['escapes', String.raw`a{b="\"\\\n\x"} 7`, { b: '"\\\n\\x' }, 7],
    ['braces, commas and hashes in a value', 'a{b="},#{ \'"} 8', { b: "},#{ '" }, 8],
    ['letters of all the world', 'a{b="模型"} 9', { b: '模型' }, 9],
    ['an exponent', 'a 1.25e+06', {}, 1_250_000],
    ['a sign', 'a -1', {}, -1],
    ['a number without a leading digit', 'a .5', {}, 0.5],
    ['no number', 'a NaN', {}, Number.NaN],
    ['an infinite one', 'a +Inf', {}, Number.POSITIVE_INFINITY],
    ['a negative infinite one', 'a -inf', {}, Number.NEGATIVE_INFINITY],
  ];
  for (const [title, line, labels, value] of good) {
    it(`reads ${title}`, () =>
      expect(readText(line)).to.deep.equal({ samples: [['a', labels, value]], malformed: 0 }));
  }

  const bad: readonly [string, string][] = [
    ['a page', '<html>'],
    ['JSON', '{"a": 1}'],
    ['a name that begins with a digit', '1a 1'],
    ['a name alone', 'a'],
    ['no value', 'a{b="c"}'],
    ['a value that is no number', 'a 1,5'],
    ['a number of another language', 'a 0x10'],
    ['a label without quotes', 'a{b=c} 1'],
    ['an open quote', 'a{b="c} 1'],
    ['an open brace', 'a{b="c"'],
    ['a quote that is escaped at the end', 'a{b="c\\'],
    ['no comma between labels', 'a{b="c"d="e"} 1'],
    ['65 labels', `a{${Array.from({ length: 65 }, (_, i) => `l${i}="v"`).join(',')}} 1`],
    ['a line of more than 64 KiB', `a{b="${'x'.repeat(65_536)}"} 1`],
  ];
  for (const [title, line] of bad) {
    it(`counts ${title} as a line that does not parse, and reads on`, () =>
      expect(readText(`${line}\na 1\n`)).to.deep.equal({ samples: [['a', {}, 1]], malformed: 1 }));
  }

  it('passes over comments, empty lines and what nobody asks for', () => {
    const text = '# HELP a b\n# EOF\n\n   \nother{broken 1\na 1';
    expect(read([Buffer.from(text)], (name) => name === 'a')).to.deep.equal({
      samples: [['a', {}, 1]],
      malformed: 0,
    });
  });

  it('holds no more than a line, however long one is', () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    const endless = read([chunk, chunk, Buffer.from('\na 1\n')]);
    expect(endless).to.deep.equal({ samples: [['a', {}, 1]], malformed: 1 });
  });

  it('reads the same wherever the text is cut', () => {
    const text = good.map(([, line]) => line).join('\n');
    const whole = readText(text);
    const bytes = Buffer.from(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(read(chunks)).to.deep.equal(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('gives labels back as they were before they were escaped', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
    const labels = fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 8, noNullPrototype: true });
    fc.assert(
      fc.property(labels, fc.double({ noNaN: true }), (given, value) => {
        const written = Object.entries(given).map(
          ([key, text]) =>
            `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
        );
        const text = Number.isFinite(value) ? String(value) : String(value).replace('Infinity', 'Inf');
        const sample = parseSample(`a{${written.join(',')}} ${text}`, 'a');
        expect(Object.fromEntries(sample?.labels ?? [])).to.deep.equal(given);
        expect(sample?.value === value).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  it('throws at nothing, and counts every line once', () => {
    const piece = fc.constantFrom(
      'a',
      'le',
      '{',
      '}',
      '"',
      '\\',
      '=',
      ',',
      ' ',
      '1',
      'NaN',
      '#',
      '\t',
      '\r',
      'é',
    );
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(
        fc.array(
          line.map((text) => text.replaceAll('\n', ' ')),
          { maxLength: 20 },
        ),
        (lines) => {
          const { samples, malformed } = readText(lines.join('\n'));
          const comments = lines.filter((text) => sampleName(text) === '').length;
          expect(samples.length + malformed + comments).to.equal(lines.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        expect(() => read(chunks.map((chunk) => Buffer.from(chunk)))).not.to.throw();
      }),
      { numRuns: 300 },
    );
  });
});
