import { readFileSync } from 'fs';
import { join, normalize } from 'path';
import { createContext, SourceTextModule } from 'vm';

const WEB = join(__dirname, '..', '..', 'examples', 'typescript', 'full', 'web');

/** Loads a module of the example page with the given globals of a browser. */
export async function loadPageModule<T>(name: string, globals: object = {}): Promise<T> {
  const context = createContext(globals);
  const moduleOf = (file: string) => new SourceTextModule(readFileSync(join(WEB, file), 'utf8'), { context, identifier: file });
  const page = moduleOf(name);
  await page.link((specifier, { identifier }) => moduleOf(normalize(join(identifier, '..', specifier))));
  await page.evaluate();
  return page.namespace as T;
}
