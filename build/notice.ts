import { existsSync, readdirSync, readFileSync, writeFileSync } from 'fs';
import * as path from 'path';
import { type BundledPackage, bundledPackages } from './handlers';

/** Writes NOTICE, which lists the packages whose code is in assets/. Each license text appears once. */
const root = path.join(__dirname, '..');
const LINE = `\n${'-'.repeat(80)}\n\n`;

/** Returns the license and notice files of a package. For packages without such files, build/license-texts/ contains the texts. */
function licenseText({ name, folder }: BundledPackage): string {
  const found = [folder, path.join(__dirname, 'license-texts', name)]
    .map((place) => existsSync(place) ? readdirSync(place).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file)).sort().map((file) => path.join(place, file)) : [])
    .find((files) => files.length > 0);
  if (!found) throw new Error(`${name} has no license file. Store its license text in build/license-texts/${name}/LICENSE, and the source of the text in build/license-texts/README.md`);
  return found.map((file) => readFileSync(file, 'utf8').replace(/\r\n/g, '\n').replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '')).join('\n\n');
}

async function main(): Promise<void> {
  const byText = new Map<string, string[]>();
  for (const each of await bundledPackages()) {
    const text = licenseText(each);
    byText.set(text, [...byText.get(text) ?? [], `${each.name} ${each.version} (${each.license})`]);
  }
  const parts = [...byText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`);
  const { author } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const head = `serverless-vod\nCopyright ${author.name}\n\nThe handlers in assets/ contain code of the packages below. The license text of a package follows its name.\n`;
  writeFileSync(path.join(root, 'NOTICE'), [head, ...parts].join(LINE));
}

void main();
