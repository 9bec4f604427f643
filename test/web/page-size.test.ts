import { globSync, readFileSync } from 'fs';
import { dirname, join, normalize } from 'path';
import { gzipSync } from 'zlib';

const WEB = join(__dirname, '..', '..', 'examples', 'typescript', 'full', 'web');
const LIBRARIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'].map((name) => [name, join(dirname(require.resolve('lit-html')), '..', name)])),
  'upload/crc32.js': join(dirname(require.resolve('@foxglove/crc/package.json')), 'dist/esm/src/index.js'),
};
/** Modules that load later or never: a worker and its library, code that only Node runs, and types. */
const LATER = ['upload/checksum-worker.js', 'upload/put-node.js', 'upload/checksum-node.js', 'upload/file-node.js', 'upload/crc32.js', 'upload/types.js'];

const read = (name: string) => readFileSync(LIBRARIES[name] ?? join(WEB, name), 'utf8');
const importsOf = (name: string) => [...read(name).matchAll(/(?:^|;|\})\s*(?:import|export)\b[^'"();]*?from\s*['"](\.[^'"]+)['"]/gm)]
  .map(([, target]) => normalize(join(dirname(name), target)));

/** Returns the files that a browser loads with the page. */
function firstLoad(): string[] {
  const found = new Set(['index.html', 'style.css', 'app.js']);
  for (const name of found) if (name.endsWith('.js')) for (const each of importsOf(name)) found.add(each);
  return [...found];
}

test('the first load of the page is below 100 kB without the player', () => {
  const bytes = firstLoad().map((name) => gzipSync(read(name), { level: 9 }).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(100_000);
  expect(firstLoad()).toEqual(expect.arrayContaining(['lit-html.js', 'upload/upload.js', 'service/session.js']));
});

test('the page loads each of its modules, and no file has more than 300 lines', () => {
  const modules = globSync('**/*.js', { cwd: WEB });
  expect(modules.filter((name) => !firstLoad().includes(name) && !LATER.includes(name))).toEqual([]);
  for (const name of modules) expect([name, read(name).split('\n').length < 300]).toEqual([name, true]);
});

test('the README describes each module, and no other', () => {
  const modules = globSync(['*.js', '{views,state,service,playback,editing,upload-queue}/*.js'], { cwd: WEB });
  const rows = [...read('README.md').matchAll(/^\| (.+?) \|/gm)].map(([, cell]) => [...cell.matchAll(/`([\w./-]+)`/g)].map(([, name]) => name));
  let folder = '';
  const described = rows.flat().flatMap((name) => {
    if (!name.endsWith('/')) return name.endsWith('.js') ? [folder + name] : [];
    folder = name;
    return [];
  });
  expect(described.sort()).toEqual(modules.sort());
});
