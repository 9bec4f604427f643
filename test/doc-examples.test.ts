import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const blocksOf = (page: string, language: string): string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}(?: [^\\n]*)?\\n([^]*?)\\n\`\`\`$`, 'gm'))].map(([, code]) => code);

const pages = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);

/** Puts the statements of an example into the constructor of a class `Example`, as rosetta/readme.ts-fixture does. */
function asFile(code: string): string {
  // Imports and declarations are allowed only at the top level of a file.
  const imports = code.match(/^(?:import [^]*?|declare .*);$/gm) ?? [];
  const statements = imports.reduce((rest, each) => rest.replace(each, ''), code);
  const known = imports.some((each) => /\bConstruct\b.*'constructs'/.test(each)) ? '' : 'import { Construct } from \'constructs\';\n';
  return `${known}${imports.join('\n')}\nexport class Example extends Construct {\n constructor(scope: Construct, id: string) {\n super(scope, id);\n${statements}\n }\n}\n`;
}

describe('the code blocks of the documents', () => {
  const blocks = pages.flatMap((page) => blocksOf(page, 'ts').map((code, index) => ({ name: path.join(ROOT, 'docs', `${path.basename(page)}.${index}.ts`), code: asFile(code) })));

  test('in TypeScript compile', () => {
    const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.dev.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, extends: undefined, include: [], files: [] }, ts.sys, ROOT);
    const all: ts.CompilerOptions = { ...options, strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: ['node'] };
    const host = ts.createCompilerHost(all);
    const texts = new Map(blocks.map(({ name, code }) => [name, code]));
    const { fileExists, readFile } = host;
    host.fileExists = (name) => texts.has(name) || fileExists(name);
    host.readFile = (name) => texts.get(name) ?? readFile(name);
    host.getSourceFile = (name, version) => {
      const text = host.readFile(name);
      return text === undefined ? undefined : ts.createSourceFile(name, text, version);
    };
    const program = ts.createProgram([...texts.keys()], all, host);
    const problems = [...texts.keys()].flatMap((name) => {
      const file = program.getSourceFile(name)!;
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    });
    expect(blocks.length).toBeGreaterThan(15);
    expect(ts.formatDiagnostics(problems, host)).toBe('');
  }, 120_000);

  test.each([
    ['python', 'examples/python/smallest/app.py'],
    ['js', 'examples/javascript/smallest/app.js'],
    ['java', 'examples/java/smallest/src/main/java/videos/Videos.java'],
    ['go', 'examples/go/smallest/app.go'],
  ])('of README in %s start with the file of the smallest example', (language, file) => {
    expect(blocksOf('README.md', language)[0]).toBe(read(file).trimEnd());
  });

  test.each(['TypeScript', 'JavaScript', 'Python', 'Java', 'Go'])('of README for cdk.json contain the file of the %s example', (language) => {
    expect(read('README.md')).toContain(`\n| ${language} | \`${read(`examples/${language.toLowerCase()}/smallest/cdk.json`).trimEnd()}\` |\n`);
  });

  test.each([['python', 'app.py'], ['java', 'src/main/java/videos/Videos.java'], ['go', 'app.go']])('of README for props in %s are lines of %s in consumers/apps, in the same order', (language, file) => {
    const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
    const [, ...propsBlocks] = blocksOf('README.md', language);
    expect(propsBlocks).toHaveLength(1);
    let rest = linesOf(read(`consumers/apps/${language}/${file}`));
    for (const line of linesOf(propsBlocks[0])) {
      expect(rest).toContain(line);
      rest = rest.slice(rest.indexOf(line) + 1);
    }
  });

  test('of README in TypeScript contain the smallest example', () => {
    expect(blocksOf('README.md', 'ts')).toContain(read('examples/typescript/smallest/app.ts').trimEnd());
  });
});
