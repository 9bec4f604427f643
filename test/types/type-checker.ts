import { readFileSync } from 'fs';
import * as path from 'path';
import * as ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const DIRECTIVE = /^(\s*\/\/) @ts-expect-error (.+)$/;

export interface ExpectedError {
  readonly file: string;
  /** The line number, from 1. */
  readonly line: number;
  /** The text after `@ts-expect-error`, which must be a part of the compiler's error. */
  readonly message: string;
  readonly found: string[];
}

export interface TypeReport {
  readonly expected: ExpectedError[];
  /** Errors of lines without `@ts-expect-error`. */
  readonly unexpected: string[];
}

/**
 * Compiles files and returns the errors of the lines after `// @ts-expect-error MESSAGE`. `tsc` would accept any error on these lines, for example a
 * misspelled import. One program compiles all files, because the shared declarations take most of the time.
 */
export function checkTypes(sources: Readonly<Record<string, string>>): TypeReport {
  const files = Object.entries(sources).map(([name, text]) => ({ name: path.join(__dirname, name), lines: text.split('\n') }));
  // Removes the `@ts-expect-error` directives, because they suppress the errors.
  const texts = new Map(files.map(({ name, lines }) => [name, lines.map((line) => line.replace(DIRECTIVE, '$1')).join('\n')]));
  const { options } = ts.parseJsonConfigFileContent({ ...readConfig(), files: [], include: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => texts.get(path.normalize(file)) ?? readFile(file);
  host.fileExists = (file) => texts.has(path.normalize(file)) || fileExists(file);
  const program = ts.createProgram([...texts.keys()], options, host);

  const expected: ExpectedError[] = [];
  const unexpected: string[] = [];
  for (const { name, lines } of files) {
    const file = path.relative(root, name);
    const source = program.getSourceFile(name)!;
    const errors = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ start = 0, messageText }) => ({
      line: source.getLineAndCharacterOfPosition(start).line + 1, message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }));
    const wanted = lines.flatMap((line, index) => {
      const message = DIRECTIVE.exec(line)?.[2];
      return message === undefined ? [] : [{ line: index + 2, message }];
    });
    const foundIn = (line: number) => errors.filter((error) => error.line === line).map(({ message }) => message);
    expected.push(...wanted.map(({ line, message }) => ({ file, line, message, found: foundIn(line) })));
    unexpected.push(...errors.filter((error) => !wanted.some(({ line }) => line === error.line)).map(({ line, message }) => `${file}:${line}: ${message}`));
  }
  return { expected, unexpected };
}

function readConfig(): object {
  const { config, error } = ts.readConfigFile(path.join(root, 'tsconfig.dev.json'), (file) => readFileSync(file, 'utf8'));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return config;
}
