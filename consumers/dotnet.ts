import { promises as fs } from 'fs';
import * as path from 'path';
import { stubsOf } from './dotnet-stubs';
import type { Artifacts } from './pack';
import { run } from '../build/shell';
import { ensure } from '../local/system';

/** Mono's compiler supports C# 7. Two features of C# 8 are removed before the check: nullable reference types, and default implementations in interfaces. */
const NEWER_SYNTAX: [RegExp, string][] = [
  [/(?<=[\w>\]])\?(?=[\s[\]>,)])/g, ''],
  [/!(?=[;),])/g, ''],
  [/get\s*\{\s*return null;\s*\}/g, 'get;'],
];

/** C# 7 does not support a class inside an interface, so the check moves such a class out of the interface. */
const PROXY_IN_INTERFACE = /(\n {8}\[JsiiTypeProxy[^]*\n {8}\})(\n {4}\})(?=\n\}\s*$)/;

/**
 * Compiles the generated C# code with Mono's compiler, and returns the number of compiled files. The code is not run. The NuGet packages of the CDK and jsii
 * are not installed, so stubs declare their types.
 */
export async function compileDotnet({ dotnet }: Artifacts, folder: string): Promise<number> {
  const compiler = ensure('mono-mcs');
  const files = (await fs.readdir(dotnet, { recursive: true })).filter((file) => file.endsWith('.cs'));
  const codes = await Promise.all(files.map(async (file) => {
    let code = await fs.readFile(path.join(dotnet, file), 'utf8');
    for (const [newer, older] of NEWER_SYNTAX) code = code.replace(newer, older);
    const proxy = `${path.basename(file, '.cs')}Proxy`;
    return path.basename(file).startsWith('I') ? code.replace(PROXY_IN_INTERFACE, (_, inner: string, end: string) => end + inner.replace('new internal', 'internal').replace(/\b_Proxy\b/g, proxy)) : code;
  }));
  const all = [...codes, stubsOf(codes.join('\n'))];
  const copies = all.map((_, index) => path.join(folder, `${index}.cs`));
  await Promise.all(all.map((code, index) => fs.writeFile(copies[index], code)));
  await run(folder, compiler, ['-target:library', '-out:library.dll', ...copies]);
  return files.length;
}
