// Copies the built program, and of its packages only what the bundle still loads from them, into a folder.
//   node deploy/image/install.mjs TARGET
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** koffi's compiled code, in the package for the machine that npm ran on. */
const NATIVE_FOLDER = 'node_modules/@koromix';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: node deploy/image/install.mjs TARGET');
/** What the bundle loads from node_modules; test/deploy/image-packages.test.ts holds it to the bundle. */
const packages = JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8'));

for (const path of ['dist', 'proto', 'package.json', 'LICENSE']) copy(path);
cpSync(join(root, 'deploy/image/healthcheck.mjs'), join(target, 'healthcheck.mjs'));
for (const name of packages.protoOnly) {
  const files = readdirSync(join(root, 'node_modules', name), { recursive: true });
  for (const file of files.filter((path) => path === 'package.json' || path.endsWith('.proto'))) {
    copy(`node_modules/${name}/${file}`);
  }
}
const copied = new Set();
for (const name of packages.whole) copyPackage(name, join(root, 'package.json'));
copy(NATIVE_FOLDER);

/** With the packages that it depends on, as `from` resolves them. */
function copyPackage(name, from) {
  const folder = dirname(findManifest(name, from));
  if (copied.has(folder)) return;
  copied.add(folder);
  copy(folder.slice(root.length));
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) copyPackage(dependency, join(folder, 'package.json'));
}

function findManifest(name, from) {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

/** `path` from the root. */
function copy(path) {
  mkdirSync(dirname(join(target, path)), { recursive: true });
  cpSync(join(root, path), join(target, path), { recursive: true, filter: isNeeded });
}

/** No type declarations, source maps and documents; no sources of compiled code, no builds for musl or browsers. */
function isNeeded(path) {
  return !(
    /\.(md|d\.[cm]?ts|map|bc\.js)$/.test(path) || /\/(musl_\w+|koffi\/(doc|vendor)|yaml\/browser)$/.test(path)
  );
}
