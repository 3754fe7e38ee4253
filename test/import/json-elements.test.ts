import { expect } from 'chai';
import fc from 'fast-check';
import { TraceFault } from '../../agent/import/import-error.ts';
import { JsonElements } from '../../agent/import/json-elements.ts';

interface Seen {
  readonly elements: unknown[];
  readonly members: [string, unknown][];
}

/** Reads a text in pieces that end at these bytes. */
function read(text: string | Uint8Array, cuts: readonly number[] = []): Seen {
  const bytes = Buffer.from(text);
  const seen: Seen = { elements: [], members: [] };
  const json = new JsonElements({
    element: (value) => void seen.elements.push(value),
    member: (name, value) => void seen.members.push([name, value]),
  });
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    json.write(bytes.subarray(from, end));
    from = end;
  }
  json.end();
  return seen;
}

describe('json elements', () => {
  const texts: readonly (readonly [string, string, Seen])[] = [
    ['a list', '[{"a":1},{"b":[{"c":2}]}]', { elements: [{ a: 1 }, { b: [{ c: 2 }] }], members: [] }],
    ['an empty list', ' [ ] ', { elements: [], members: [] }],
    [
      'events, and what is said beside them',
      '{"baseTimeNanoseconds":5,"other":[{"x":[1,{}]}],"traceEvents":[{"a":1}],"traceName":"n"}',
      {
        elements: [{ a: 1 }],
        members: [
          ['baseTimeNanoseconds', 5],
          ['traceName', 'n'],
        ],
      },
    ],
    ['a byte order mark', '\ufeff[1]', { elements: [1], members: [] }],
    [
      'escapes and text of all planes',
      '["\\u00e9\\n\\ud83d\\ude00é😀"]',
      { elements: ['é\n😀é😀'], members: [] },
    ],
    [
      'the key __proto__',
      '[{"__proto__":{"a":1}}]',
      { elements: [JSON.parse('{"__proto__":{"a":1}}')], members: [] },
    ],
  ];
  for (const [title, text, seen] of texts) it(`reads ${title}`, () => expect(read(text)).to.deep.equal(seen));

  it('gives the same whatever the pieces in which the bytes come', () => {
    const document = fc.oneof(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.record({
        baseTimeNanoseconds: fc.integer(),
        traceEvents: fc.array(fc.jsonValue(), { maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(
        document,
        fc.array(fc.nat(4000), { maxLength: 12 }),
        fc.constantFrom(0, 2),
        (value, cuts, indent) => {
          const expected = Array.isArray(value) ? value : value.traceEvents;
          const { elements } = read(JSON.stringify(value, undefined, indent), cuts);
          expect(elements).to.deep.equal(JSON.parse(JSON.stringify(expected)));
        },
      ),
    );
  });

  const faults: readonly (readonly [string, string | Uint8Array, number, RegExp])[] = [
    ['nothing', '', 0, /expected JSON, found nothing/],
    ['white space alone', ' \n', 2, /found nothing/],
    ['no JSON', 'hello', 0, /begins with \[ or \{/],
    ['a text', '"a"', 0, /begins with \[ or \{/],
    ['a word that is none', '[{"a":nan}]', 7, /unexpected "a"/],
    ['a missing comma', '[{"a":1} {"b":2}]', 9, /unexpected LEFT_BRACE/],
    ['a wrong bracket', '[{"a":1]', 7, /unexpected RIGHT_BRACKET/],
    ['the end too early', '[{"a":1},{"b"', 13, /the file ends within its JSON/],
    ['something after the end', '[1] x', 4, /unexpected "x"/],
    ['no UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x20, 0x20, 0x5d]), 0, /expected JSON/],
    ['a text without end', `["${'x'.repeat(5 << 20)}`, 0, /expected the first element within 4194304 bytes/],
    ['an endless element', `[1,[${'1,'.repeat(3 << 20)}`, 1, /expected another element, or the end, within/],
    ['brackets without end', '['.repeat(1000), 500, /at most 500 levels/],
  ];
  for (const [title, text, byte, message] of faults) {
    it(`refuses ${title}, and says where`, () => {
      const fault = faultOf(text);
      expect(fault.message).to.match(message);
      expect(fault.byte).to.equal(byte);
    });
  }
});

function faultOf(text: string | Uint8Array): TraceFault {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TraceFault) return error;
    throw error;
  }
  throw new Error('it was expected to be refused');
}
