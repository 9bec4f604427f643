import { promises as fs } from 'fs';
import * as path from 'path';
import type { Artifacts } from './pack';
import { run } from '../build/shell';
import { ensure } from '../local/system';

/** Mono's compiler supports C# 7. Two features of C# 8 are removed before the check: nullable reference types, and default implementations in interfaces. */
const NEWER_SYNTAX: [RegExp, string][] = [
  [/(?<=[\w>\]])\?(?=[\s\]>,)])/g, ''],
  [/!(?=[;),])/g, ''],
  [/get\s*\{\s*return null;\s*\}/g, 'get;'],
];
const PROXY_IN_INTERFACE = /\n {8}\[JsiiTypeProxy[^]*\n {8}\}\n {4}\}\n\}\s*$/;

/** The compiler reports this error for each type of the CDK and of jsii, because their NuGet packages are not installed here. */
const MISSING = /error CS0246: The type or namespace name `(?:Amazon|Constructs|DeputyBase|DeputyProps|ByRefValue)' could not be found/;

/**
 * Compiles the generated C# code with Mono's compiler, and returns the number of compiled files. Any syntax error or missing type of this library is a failure.
 * Missing types of the CDK and jsii are expected, because their NuGet packages are not installed. The code is not run.
 */
export async function compileDotnet({ dotnet }: Artifacts, folder: string): Promise<number> {
  const compiler = ensure('mono-mcs');
  const files = (await fs.readdir(dotnet, { recursive: true })).filter((file) => file.endsWith('.cs'));
  const copies = await Promise.all(files.map(async (file, index) => {
    let text = await fs.readFile(path.join(dotnet, file), 'utf8');
    for (const [newer, older] of NEWER_SYNTAX) text = text.replace(newer, older);
    if (path.basename(file).startsWith('I')) text = text.replace(PROXY_IN_INTERFACE, '\n    }\n}\n');
    const copy = path.join(folder, `${index}.cs`);
    await fs.writeFile(copy, text);
    return copy;
  }));
  const output = await run(folder, compiler, ['-target:library', '-out:library.dll', ...copies], {}).catch(({ message }: Error) => message);
  const errors = output.split('\n').filter((line) => /\berror CS\d+/.test(line));
  const others = errors.filter((line) => !MISSING.test(line));
  if (errors.length === 0 || others.length > 0) throw new Error(`expected only errors for types of the CDK and jsii, got:\n${(others.length > 0 ? others : [output]).slice(0, 20).join('\n')}`);
  return files.length;
}
