import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { gzipSync } from 'zlib';
import { buildSync, transformSync } from 'esbuild';
import * as ts from 'typescript';

const FOLDER = join(__dirname, '../../../examples/typescript/full/web/upload');
const LIBRARY = require.resolve('@foxglove/crc/dist/esm/src/index.js');
/** The types of the module. `crc32.d.ts` describes a file of the library, so it is not generated. */
const TYPES = ['upload.d.ts', 'errors.d.ts', 'types.d.ts', 'file-node.d.ts'];
const MAX_BYTES = 10_000;

const gzipped = (content: string | Uint8Array) => gzipSync(content, { level: 9 }).length;

test('the types match the code, and the code passes the strict checks of the compiler', () => {
  const { config } = ts.readConfigFile(join(FOLDER, 'tsconfig.json'), ts.sys.readFile);
  const outDir = mkdtempSync(join(tmpdir(), 'types-'));
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, FOLDER, { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir });
  const program = ts.createProgram(fileNames, options);
  const { diagnostics } = program.emit();
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  // The compiler reads the stored types, so a second run can find more problems or none.
  if (process.env.WRITE_TYPES) for (const name of TYPES) writeFileSync(join(FOLDER, name), readFileSync(join(outDir, name)));
  expect(problems).toEqual([]);
  for (const name of TYPES) expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(readFileSync(join(outDir, name), 'utf8'));
});

test('the module, its worker and the library have less than 10 kB (minified, gzip -9)', () => {
  const files = [...readdirSync(FOLDER).filter((name) => name.endsWith('.js') && !name.endsWith('-node.js')).map((name) => join(FOLDER, name)), LIBRARY];
  const minified = files.map((file) => gzipped(transformSync(readFileSync(file, 'utf8'), { minify: true, format: 'esm', target: 'es2022' }).code));
  expect(minified.reduce((sum, bytes) => sum + bytes)).toBeLessThan(MAX_BYTES);
  // As one file, as bundlers create it.
  const [{ contents }] = buildSync({ entryPoints: [join(FOLDER, 'upload.js')], bundle: true, minify: true, format: 'esm', write: false, external: ['./put-node.js', './checksum-node.js'] }).outputFiles;
  expect(gzipped(contents)).toBeLessThan(7_000);
});

test('the module works with the strictest Content-Security-Policy: it evaluates no text, and uses neither WebAssembly nor Blob URLs', () => {
  const code = [...readdirSync(FOLDER).filter((name) => name.endsWith('.js')).map((name) => join(FOLDER, name)), LIBRARY].map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(code).not.toMatch(/\beval\(|new Function|WebAssembly|createObjectURL|importScripts|setTimeout\(['"`]/);
});

describe('the README', () => {
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const named = (names: Iterable<string>) => [...new Set(names)].filter((name) => !readme.includes(`\`${name}\``) && !readme.includes(`\`${name}(`));
  const types = readFileSync(join(FOLDER, 'types.d.ts'), 'utf8');
  const fieldsOf = (type: string) => [...new RegExp(`export type ${type} = \\{(.*?)\n\\};`, 's').exec(types)![1].matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);

  test('describes each option, each phase, and each file', () => {
    const phases = [.../"(\w+)"/g[Symbol.matchAll](/export type Phase = (.*);/.exec(types)![1])].map(([, name]) => name);
    expect([fieldsOf('UploadOptions').length, phases.length]).toEqual([10, 9]);
    expect(named([...fieldsOf('UploadOptions'), ...phases])).toEqual([]);
    for (const name of fieldsOf('UploadState')) expect(readme).toContain(name);
    expect(named(readdirSync(FOLDER).filter((name) => name.endsWith('.js')))).toEqual([]);
  });

  test('describes each error code', () => {
    const code = readdirSync(FOLDER).filter((name) => name.endsWith('.js')).map((name) => readFileSync(join(FOLDER, name), 'utf8')).join('\n');
    const thrown = [...code.matchAll(/new (?:Upload|Temporary)Error\('(\w+)'/g)].map(([, name]) => name);
    // `codeOf` in errors.js returns further codes.
    const returned = [...code.matchAll(/(?:return|[?:]) '([a-z]+_[a-z_]+)'/g)].map(([, name]) => name);
    expect(named([...thrown, ...returned])).toEqual([]);
    expect(new Set([...thrown, ...returned])).toEqual(new Set([...thrown, 'file_unreadable', 'not_signed_in', 'program_error']));
  });
});
