import { expect } from 'chai';
import type { SeriesTags } from '../../../agent/core/series-tags.ts';
import { labelsOf } from '../../../exporters/prometheus/label-text.ts';

describe('labels of a series', () => {
  const base: SeriesTags = {
    model: 'm',
    variant: 'int8',
    version: '',
    operation: '',
    server: '',
    labels: {},
  };
  const cases: [title: string, tags: Partial<SeriesTags>, expected: string][] = [
    ['leave out what is empty', {}, 'model="m",variant="int8"'],
    ['escape backslash, quote and newline', { model: 'a\\b"c\nd' }, 'model="a\\\\b\\"c\\nd",variant="int8"'],
    ['keep labels of the config', { labels: { tenant: 'a' } }, 'model="m",variant="int8",tenant="a"'],
    [
      'replace what no name may hold',
      { labels: { 'k8s.io/app': 'a', '9to5': 'b' } },
      'model="m",variant="int8",k8s_io_app="a",_9to5="b"',
    ],
    [
      'make way for labels of the exposition',
      { labels: { le: 'a', status: 'b' } },
      'model="m",variant="int8",exported_le="a",exported_status="b"',
    ],
    [
      'make way for tags, also empty ones',
      { labels: { server: 'a' } },
      'model="m",variant="int8",exported_server="a"',
    ],
  ];
  for (const [title, tags, expected] of cases) {
    it(title, () => expect(labelsOf({ ...base, ...tags })).to.equal(expected));
  }
});
