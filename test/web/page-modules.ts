import { readFileSync } from 'fs';
import { dirname, join } from 'path';
import { SourceTextModule, type Context } from 'vm';

const WEB = join(__dirname, '../../examples/typescript/full/web');

/**
 * Loads a module of the page and its imports as a browser loads them.
 *
 * @param name - The path below the folder of the page.
 * @param context - The global variables of the page.
 * @param modules - The modules that are already loaded.
 */
export async function load(name: string, context: Context, modules = new Map<string, SourceTextModule>()): Promise<any> {
  const open = (file: string): SourceTextModule => {
    const module = modules.get(file) ?? new SourceTextModule(readFileSync(file, 'utf8'), {
      context, identifier: file, initializeImportMeta: (meta: { url?: string }) => { meta.url = `file://${file}`; },
    });
    modules.set(file, module);
    return module;
  };
  const module = open(join(WEB, name));
  if (module.status === 'unlinked') await module.link((specifier, { identifier }) => open(join(dirname(identifier), specifier)));
  await module.evaluate();
  return module.namespace;
}
