import { promises as fs, mkdtempSync, readFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { parseArgs } from 'util';
import { run } from './shell';
import { temporaryFolder } from './temporary-folder';

/*
 * Makes a temporary clone of the last commit, and runs the tasks of the release workflow in this clone. Publishes nothing. Fails if an artifact is missing or
 * has another version.
 * Usage: npm run release-dry-run -- [--version VERSION] [--keep]
 *
 * - `--version VERSION`: the version of the artifacts. Default: the version that the release workflow would choose.
 * - `--keep`: does not delete the artifacts.
 */
const { values: options } = parseArgs({ options: { version: { type: 'string' }, keep: { type: 'boolean', default: false } } });

const root = path.join(__dirname, '..');
const { tasks } = JSON.parse(readFileSync(path.join(root, '.projen/tasks.json'), 'utf8'));

interface Artifact {
  readonly name: string;
  /** Matches the path of the file in dist/. */
  readonly file: RegExp;
  /** Returns the text that contains the version. */
  readonly read: (file: string) => Promise<string>;
  readonly version: RegExp;
  /** If true, the artifact is the folder that contains the file. */
  readonly isFolder?: boolean;
}

const unzip = (entry: string) => (file: string): Promise<string> => run('.', 'unzip', ['-p', file, entry]);
const untar = (entry: (file: string) => string) => (file: string): Promise<string> => run('.', 'tar', ['-xzOf', file, entry(file)]);
const text = (file: string): Promise<string> => fs.readFile(file, 'utf8');

const ARTIFACTS: readonly Artifact[] = [
  { name: 'npm', file: /^js\/.*\.tgz$/, read: untar(() => 'package/package.json'), version: /"version": "(.*)"/ },
  { name: 'PyPI, wheel', file: /^python\/.*\.whl$/, read: unzip('*.dist-info/METADATA'), version: /^Version: (.*)$/m },
  { name: 'PyPI, sdist', file: /^python\/.*\.tar\.gz$/, read: untar((file) => `${path.basename(file, '.tar.gz')}/PKG-INFO`), version: /^Version: (.*)$/m },
  { name: 'Maven, jar', file: /^java\/.*\d\.jar$/, read: unzip('META-INF/maven/*/pom.properties'), version: /^version=(.*)$/m },
  { name: 'Maven, sources', file: /^java\/.*-sources\.jar$/, read: async (file) => file, version: /-(\d[^/]*)-sources\.jar$/ },
  { name: 'Maven, javadoc', file: /^java\/.*-javadoc\.jar$/, read: async (file) => file, version: /-(\d[^/]*)-javadoc\.jar$/ },
  { name: 'Maven, pom', file: /^java\/.*\.pom$/, read: text, version: /<version>(.*)<\/version>/ },
  { name: 'Go', file: /^go\/.*\/version$/, read: text, version: /(.*)/, isFolder: true },
  { name: 'SBOM', file: /^sbom\.cdx\.json$/, read: async (file) => JSON.parse(await text(file)).metadata.component.version, version: /(.*)/ },
];
const NUPKG: Artifact = { name: 'NuGet', file: /^dotnet\/.*\.nupkg$/, read: unzip('*.nuspec'), version: /<version>(.*)<\/version>/ };
const CSPROJ: Artifact = { name: 'NuGet, only code', file: /^dotnet\/.*\.csproj$/, read: text, version: /<PackageVersion>(.*)<\/PackageVersion>/, isFolder: true };

/** Returns the size of a file, or of all files in a folder, in bytes. */
async function sizeOf(place: string): Promise<number> {
  const stat = await fs.stat(place);
  if (!stat.isDirectory()) return stat.size;
  const sizes = await Promise.all((await fs.readdir(place)).map((name) => sizeOf(path.join(place, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Reasons for which the package of a language cannot be built on this machine. The release workflow builds these packages. */
const KNOWN: Readonly<Record<string, readonly [error: RegExp, reason: string]>> = {
  dotnet: [/dotnet.*(?:not found|ENOENT)/, 'NuGet: dotnet is not installed, so the code of the package is generated but not compiled.'],
};

/** Creates the artifacts as the release workflow does. Returns the version of the artifacts, and the languages whose code is generated but not compiled. */
async function release(clone: string): Promise<{ version: string; onlyCode: string[] }> {
  await run(root, 'git', ['clone', '--quiet', root, clone]);
  await fs.symlink(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
  const task = (name: string): Promise<string> => {
    console.log(name);
    return run(clone, 'npx', ['projen', name], tasks.release.env);
  };
  if (options.version) {
    const manifest = JSON.parse(await text(path.join(clone, 'package.json')));
    await fs.writeFile(path.join(clone, 'package.json'), JSON.stringify({ ...manifest, version: options.version }, null, 2));
  } else {
    await task('bump');
  }
  const { version } = JSON.parse(await text(path.join(clone, 'package.json')));
  for (const name of ['pre-compile', 'compile', 'package:js', 'sbom']) await task(name);

  // For each other language, the release workflow unpacks the npm package over a checkout of the repository.
  const packed = (await fs.readdir(path.join(clone, 'dist/js'))).find((file) => file.endsWith('.tgz'))!;
  await run(clone, 'tar', ['--strip-components=1', '-xzf', `dist/js/${packed}`]);
  const onlyCode: string[] = [];
  for (const language of ['python', 'java', 'go', 'dotnet']) {
    try {
      await task(`package:${language}`);
    } catch (error) {
      if (!KNOWN[language]?.[0].test((error as Error).message)) throw error;
      await run(clone, 'npx', ['jsii-pacmak', '--target', language, '--code-only']);
      onlyCode.push(language);
    }
  }
  return { version, onlyCode };
}

async function main(): Promise<void> {
  const work = options.keep ? mkdtempSync(path.join(tmpdir(), 'release-')) : temporaryFolder('release-');
  const clone = path.join(work, 'serverless-vod');
  const { version, onlyCode } = await release(clone);
  const dist = path.join(clone, 'dist');
  const files = (await fs.readdir(dist, { recursive: true })).sort();
  const rows: Record<string, { file: string; kB: number | ''; version: string }> = {};
  for (const artifact of [...ARTIFACTS, onlyCode.includes('dotnet') ? CSPROJ : NUPKG]) {
    const file = files.find((each) => artifact.file.test(each));
    const found = file && artifact.version.exec(await artifact.read(path.join(dist, file)))?.[1];
    const place = file && (artifact.isFolder ? path.dirname(file) : file);
    rows[artifact.name] = { file: place ?? 'missing', kB: place ? Math.ceil(await sizeOf(path.join(dist, place)) / 1000) : '', version: found ?? '' };
    if (found !== version) {
      console.error(`FAILED  ${artifact.name}: expected version ${version}, got ${found ?? (file ? 'no version' : 'no file')}`);
      process.exitCode = 1;
    }
  }
  console.table(rows);
  for (const language of onlyCode) console.log(KNOWN[language][1]);
  if (options.keep) console.log(`The artifacts are in ${dist}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
