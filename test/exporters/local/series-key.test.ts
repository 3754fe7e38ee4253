import { expect } from 'chai';
import { type SeriesKey, splitKey } from '../../../exporters/local/series-key.ts';

describe('series key', () => {
  const cases: readonly [title: string, key: string, expected: SeriesKey][] = [
    ['without tags', 'host', { series: 'host', measurement: 'host', window: '' }],
    [
      'without a window',
      'inference,model=a',
      { series: 'inference,model=a', measurement: 'inference', window: '' },
    ],
    [
      'with the window last',
      'inference,model=a,window=10s',
      { series: 'inference,model=a', measurement: 'inference', window: '10s' },
    ],
    [
      'with the window between other tags',
      'inference,model=a,window=10s,zone=b',
      { series: 'inference,model=a,zone=b', measurement: 'inference', window: '10s' },
    ],
    [
      'with a value that looks like a window',
      'a\\,b,model=x\\,window\\=10s',
      { series: 'a\\,b,model=x\\,window\\=10s', measurement: 'a\\,b', window: '' },
    ],
    [
      'with an escaped window',
      'inference,window=1\\ m\\,x,zone=b',
      { series: 'inference,zone=b', measurement: 'inference', window: '1 m,x' },
    ],
  ];
  for (const [title, key, expected] of cases) {
    it(`is cut in two ${title}`, () => expect(splitKey(key)).to.deep.equal(expected));
  }
});
