import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../source-files.ts';

const NAME = String.raw`["'\`](@?[a-z][\w./-]*)["'\`]`;
/** As the bundle names packages that it does not carry in itself. */
const MENTIONS = [
  String.raw`\b__packageFolder\(${NAME}`,
  String.raw`\bcreateRequire\d*\(import\.meta\.url\)\(${NAME}`,
  String.raw`\.resolve\(${NAME}`,
  String.raw`\bimport\(${NAME}\)`,
  String.raw`\bimport(?:[\w\s{},*$]{0,500}\bfrom)?${NAME}`,
  String.raw`\?["'\`]node:sqlite["'\`]:${NAME}`,
].map((pattern) => new RegExp(pattern, 'g'));

describe('packages of the image', () => {
  it('are those that the bundle still asks for', () => {
    const { whole, protoOnly, unused } = JSON.parse(
      readFileSync(join(ROOT, 'deploy/image/packages.json'), 'utf8'),
    ) as { whole: string[]; protoOnly: string[]; unused: Record<string, string> };
    const folder = join(ROOT, 'dist/agent');
    const modules = readdirSync(folder).filter((name) => name.endsWith('.js'));
    const mentioned = modules.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return MENTIONS.flatMap((pattern) =>
        [...text.matchAll(pattern)].map(([, found = '']) => packageOf(found)),
      );
    });
    const external = new Set(mentioned.filter((name) => !isBuiltin(name)));
    expect([...external].sort()).to.deep.equal([...whole, ...protoOnly, ...Object.keys(unused)].sort());
  });
});

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
