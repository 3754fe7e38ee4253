import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, readSources, relativeImports, type SourceFile } from './source-files.ts';

/**
 * Who may import whom: imports point inward, and a folder that stands in no row is an error. The key is the
 * longest matching prefix of a file's path, the values are prefixes of what it may import beside its own folder.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'agent/core/': [],
  'agent/config/': ['agent/core/'],
  'agent/listen/': ['agent/core/'],
  'agent/ingest/': ['agent/core/', 'agent/listen/'],
  'agent/window/': ['agent/core/'],
  'agent/baseline/': ['agent/core/', 'agent/window/'],
  'agent/host/': ['agent/core/'],
  'agent/gpu/': ['agent/core/'],
  'agent/scrape/': ['agent/core/'],
  'agent/join/': ['agent/core/'],
  'agent/store/': ['agent/core/'],
  'agent/delivery/': ['agent/core/'],
  'agent/flush/': ['agent/core/'],
  'agent/dashboard/': ['agent/core/', 'agent/listen/', 'agent/baseline/'],
  'agent/dashboard/web/': [],
  'agent/import/': ['agent/core/', 'agent/baseline/'],
  'agent/cli/': ['agent/core/', 'agent/config/', 'agent/baseline/', 'agent/import/', 'clients/node/'],
  'agent/agent.ts': ['agent/'],
  'agent/agent-edge.ts': ['agent/'],
  'agent/assemble.ts': ['agent/', 'exporters/'],
  'agent/assemble-baseline.ts': ['agent/'],
  'agent/assemble-gpu.ts': ['agent/'],
  'agent/assemble-ingest.ts': ['agent/'],
  'agent/assemble-scrape.ts': ['agent/'],
  'agent/agent-status.ts': ['agent/'],
  'agent/connection-checks.ts': ['agent/'],
  'agent/gpu-checks.ts': ['agent/'],
  'agent/exporter-checks.ts': ['agent/', 'exporters/'],
  'agent/process-edge.ts': ['agent/'],
  'agent/main.ts': ['agent/', 'exporters/'],
  'exporters/index.ts': ['agent/core/', 'exporters/'],
  'exporters/influxdb/': ['agent/core/'],
  'exporters/local/': ['agent/core/'],
  'exporters/prometheus/': ['agent/core/'],
  'clients/node/': [],
  'examples/': ['clients/node/'],
  'deploy/grafana/': ['agent/core/'],
  'docs/': ['agent/core/', 'agent/config/', 'deploy/grafana/'],
  'test/': ['agent/', 'exporters/', 'clients/', 'examples/', 'docs/', 'deploy/', 'test/'],
};

/** The process edge: the only places that read time, chance or the environment. */
const PROCESS_EDGE = [
  /^agent\/core\/clock\.ts$/,
  /^agent\/(main|process-edge)\.ts$/,
  /^agent\/gpu\/(gpu-program|process-group)\.ts$/,
  /^agent\/dashboard\/web\//,
  /^clients\/node\/clock\.ts$/,
  /^examples\//,
];
const EDGE_WORDS =
  /\bDate\.now\(|\bset(?:Timeout|Interval)\(|\bMath\.random\(|(?<![#.\w])process\.[a-z]|\bfrom 'node:process'/;
const VAGUE_NAMES = /(^|\/|-)(utils?|helpers?|types|constants|misc|common)(\.|\/|-|$)/;

const TOP_LEVEL = ['agent', 'clients', 'deploy', 'docs', 'examples', 'exporters', 'proto', 'test'];
const MAX_LINES = 300;

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

const sources = readSources(['agent', 'exporters', 'clients', 'examples', 'docs', 'deploy'], ['.ts']);
const everything = [...sources, ...readSources(['test'], ['.ts'])];

describe('tidy', () => {
  it('has only the top-level folders of the layout', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter(
        (name) => !['node_modules', 'dist', 'coverage', 'bench-results', 'infermeter-data'].includes(name),
      );
    expect(folders.sort()).to.deep.equal(TOP_LEVEL);
  });

  it('imports only inward, along the table', () => {
    expect(everything.flatMap(forbiddenImports)).to.deep.equal([]);
  });

  it('has no file of more than 300 lines', () => {
    const long = everything.filter((file) => file.text.split('\n').length > MAX_LINES);
    expect(long.map((file) => file.path)).to.deep.equal([]);
  });

  it('keeps most files short: the median at most 150 lines', () => {
    const lengths = sources.map((file) => file.text.split('\n').length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).to.be.at.most(150);
  });

  it('names every file after a concept', () => {
    expect(everything.map((file) => file.path).filter((path) => VAGUE_NAMES.test(path))).to.deep.equal([]);
  });

  it('reads time, chance and environment only at the process edge', () => {
    const inner = sources.filter((file) => !PROCESS_EDGE.some((edge) => edge.test(file.path)));
    expect(inner.flatMap((file) => linesMatching(file, EDGE_WORDS))).to.deep.equal([]);
  });

  it('has no loose ends', () => {
    const loose = /\bas any\b|:\s*any\b|@ts-(ignore|expect-error|nocheck)|biome-ignore|\b(TODO|FIXME|XXX)\b/;
    const judged = everything.filter((file) => file.path !== 'test/tidy.test.ts');
    expect(judged.flatMap((file) => linesMatching(file, loose))).to.deep.equal([]);
  });

  it('locks the optional packages of every platform, or npm ci would refuse the lockfile on some', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).to.deep.equal([]);
  });

  it('singles out no test', () => {
    const only = /\b(it|describe)\.only\(/;
    const judged = everything.filter((file) => file.path !== 'test/tidy.test.ts');
    expect(judged.flatMap((file) => linesMatching(file, only))).to.deep.equal([]);
  });
});

function forbiddenImports(file: SourceFile): string[] {
  const row = rowOf(file.path);
  if (row === undefined) return [`${file.path} stands in no row of the import table`];
  const allowed = [row.endsWith('/') ? row : '', ...(MAY_IMPORT[row] ?? [])].filter(
    (prefix) => prefix !== '',
  );
  return relativeImports(file)
    .filter((target) => !allowed.some((prefix) => target.startsWith(prefix)))
    .map((target) => `${file.path} → ${target}`);
}

function rowOf(path: string): string | undefined {
  const rows = Object.keys(MAY_IMPORT).filter((prefix) => path.startsWith(prefix));
  return rows.sort((a, b) => b.length - a.length)[0];
}

function linesMatching(file: SourceFile, pattern: RegExp): string[] {
  return file.text
    .split('\n')
    .map((line, index) => ({ line, at: `${file.path}:${index + 1}` }))
    .filter(({ line }) => !/^\s*(\*|\/\*|\/\/)/.test(line) && pattern.test(line))
    .map(({ line, at }) => `${at} ${line.trim()}`);
}
