// Bundles the program into dist/agent: a module for each thread and process, and chunks that they share or load late.
// All lie in one folder, since sources name the programs and assets that they need relative to themselves. Fewer and
// shorter texts load faster and stay in less memory (docs/decisions/0006).
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join(root, 'dist/agent');
const PROGRAMS = [
  'agent/main.ts',
  'agent/cli/program-thread.ts',
  'agent/store/database-thread.ts',
  'agent/baseline/comparison-thread.ts',
  'agent/gpu/gpu-program.ts',
];
/** Their compiled code lies beside them. */
const NATIVE = ['@photostructure/sqlite', 'koffi'];
/** What CommonJS modules expect around them. */
const PRELUDE = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { dirname as __parentOf, join as __join } from 'node:path';",
  'const require = __createRequire(import.meta.url);',
  "const __packageFolder = (name) => __parentOf(require.resolve(name + '/package.json'));",
];

/** A package that reads files beside its code, .proto files for example, finds them in node_modules as before. */
const packageFolders = {
  name: 'package-folders',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      if (!contents.includes('__dirname')) return undefined;
      const inside = path.slice(path.lastIndexOf('node_modules')).split(/[\\/]/).slice(1, -1);
      const name = inside.splice(0, inside[0].startsWith('@') ? 2 : 1).join('/');
      const folder = `__join(__packageFolder('${name}'), '${inside.join('/')}')`;
      return { contents: contents.replaceAll('__dirname', folder), loader: 'js' };
    });
  },
};

await rm(output, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(PROGRAMS.map((path) => [basename(path, '.ts'), path])),
  outdir: output,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: NATIVE,
  banner: { js: PRELUDE.join(' ') },
  plugins: [packageFolders],
  // Names stay as they are, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  logLevel: 'warning',
});
