import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { catalog } from '../../agent/core/catalog/catalog.ts';
import { ROOT, readSources } from '../source-files.ts';

/** The sources that say that something is degraded, and the components they speak of, as the page writes them. */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  'agent/baseline/baseline-keeper.ts': ['baseline'],
  'agent/delivery/exporter-record.ts': ['exporter:influxdb'],
  'agent/flush/flush-loop.ts': ['store'],
  'agent/flush/sampler-loop.ts': ['sampler:gpu', 'sampler:host', 'sampler:scrape:…'],
  'agent/gpu/device-watch.ts': ['gpu:…'],
  'agent/gpu/kubelet/pod-gpu-finder.ts': ['gpu.pod_resources'],
  'agent/host/host-sampler.ts': ['watch'],
  'agent/ingest/otlp/forward/forward-health.ts': ['forward'],
  'agent/listen/http-listener.ts': ['listen.http', 'listen.health', 'listen.otlp_http'],
  'agent/scrape/server-sampler.ts': ['scrape:…'],
  'agent/store/sqlite-thread.ts': ['store:state.db', 'store:history.db', 'store:baselines.db'],
};

const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const sources = readSources(['agent'], ['.ts']).filter(
  ({ path }) => !path.startsWith('agent/dashboard/web/'),
);

/** First cells of the tables' rows. */
const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);

describe('the page on operations', () => {
  it('knows every source of trouble', () => {
    const makers = sources.filter(
      ({ path, text }) =>
        /\bDegradation\b/.test(text) &&
        /\bcomponent\b[^;]*\bsinceMs\b/.test(text) &&
        path !== 'agent/core/health.ts',
    );
    expect(makers.map(({ path }) => path).sort()).to.deep.equal(Object.keys(COMPONENTS).sort());
  });

  it('says what each means and what to do', () => {
    expect(rows).to.include.members(Object.values(COMPONENTS).flat());
  });

  it('has a row for every file of the data directory', () => {
    const files = sources.flatMap(({ text }) => [...text.matchAll(/'(\w+\.db)'/g)].map(([, name]) => name));
    expect(rows).to.include.members(files);
    expect(rows).to.include.members(files.map((file) => `store:${file}`));
  });

  it('has a row for every kind of failure of GPUs', () => {
    const { text = '' } = sources.find(({ path }) => path === 'agent/gpu/gpu-reader.ts') ?? {};
    const [, union = ''] = /type GpuFailureKind =([^;]*);/.exec(text) ?? [];
    const kinds = [...union.matchAll(/'(\w+)'/g)].map(([, kind]) => kind);
    expect(kinds).to.include('hung');
    expect(rows).to.include.members(kinds);
  });

  it('speaks of fields that there are', () => {
    const fields = new Set(Object.values(catalog).flatMap(({ fields }) => Object.keys(fields)));
    const named = [...page.matchAll(/`(\w+_(?:total|seconds|ratio))`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !fields.has(name))).to.deep.equal([]);
    expect(named).to.include('outbox_remaining_seconds');
  });

  it('links to what is there', () => {
    const pages = [
      'docs/operations.md',
      'deploy/README.md',
      'deploy/kubernetes/README.md',
      'deploy/compose/README.md',
      'deploy/systemd/README.md',
    ];
    const broken = pages.flatMap((path) => brokenLinks(path));
    expect(broken).to.deep.equal([]);
  });
});

/** Links of a page to files that are not there, and to headings that a page does not have. */
function brokenLinks(path: string): readonly string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  return links.flatMap(([link, file = '', heading]) => {
    const target = file === '' ? path : join(path, '..', file);
    try {
      if (heading === undefined) {
        readFileSync(join(ROOT, target));
        return [];
      }
      return headingsOf(readFileSync(join(ROOT, target), 'utf8')).includes(heading)
        ? []
        : [`${path}: ${link}`];
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EISDIR' ? [] : [`${path}: ${link}`];
    }
  });
}

/** As forges make anchors of them. */
function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
