import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { options } from '../../agent/config/option-list.ts';
import { catalog } from '../../agent/core/catalog/catalog.ts';
import { generatedPages } from '../../docs/generated-pages.ts';
import { ROOT } from '../source-files.ts';

function read(path: string): string | undefined {
  return existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : undefined;
}

function pageOf(path: string, readme?: string): string {
  return generatedPages(readme).find((page) => page.path === path)?.text ?? '';
}

describe('generated documents', () => {
  for (const { path, text } of generatedPages(read('README.md'))) {
    it(`${path} is what its sources say (npm run docs)`, () => expect(read(path)).to.equal(text));
  }

  it('the metrics have a row for every field and tag', () => {
    const page = pageOf('docs/metrics.md');
    for (const [name, { tags, fields }] of Object.entries(catalog)) {
      expect(page).to.contain(`\n## ${name}\n`);
      const rows = [...Object.keys(tags), ...Object.keys(fields)].map((key) => `\n| \`${key}\` | `);
      for (const row of rows) expect(page).to.contain(row);
    }
    expect(page).to.contain('| `latency_p99_seconds` | float | seconds | 99th percentile. Absent below');
  });

  it('the configuration names every key', () => {
    const page = pageOf('docs/configuration.md');
    for (const { path } of options) expect(page).to.match(new RegExp(`\\b${path.at(-1)}\\b`));
  });

  const readmes: readonly [string, string, string][] = [
    [
      'fills the marked section',
      'a\n<!-- config:begin -->\nstale text\n<!-- config:end -->\nb\n',
      '| `interval` | `10s` |',
    ],
    ['leaves a README without one alone', 'a\n', ''],
    ['leaves one with its marks in the wrong order alone', '<!-- config:end -->\n<!-- config:begin -->', ''],
  ];
  for (const [title, readme, expected] of readmes) {
    it(title, () => {
      const page = pageOf('README.md', readme);
      expect(page).to.contain(expected).and.not.to.contain('stale text');
      if (expected === '') return expect(page).to.equal('');
      expect(page.startsWith('a\n<!-- config:begin -->\n| key |')).to.equal(true);
      expect(page.endsWith('<!-- config:end -->\nb\n')).to.equal(true);
      return expect(pageOf('README.md', page)).to.equal(page);
    });
  }
});
