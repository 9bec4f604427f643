import { existsSync, readdirSync, readFileSync } from 'fs';
import { dirname, join } from 'path';
import { Template } from 'aws-cdk-lib/assertions';
import { ModuleKind, transpileModule } from 'typescript';
import { testStack, vodIn } from './toolkit/stacks';
import { ofType } from './toolkit/template';
import { ENVIRONMENTS } from '../src/contract/environment';

const ROOT = join(__dirname, '..');
const DOCS = join(ROOT, 'docs');
const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const read = (...names: string[]): string => readFileSync(join(ROOT, ...names), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[^]*?^```/gm, '');

function anchorsOf(text: string): string[] {
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-'));
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id)];
}

const stack = testStack();
const vod = vodIn(stack, { ingest: { defaultOwner: 'newsroom' } });

describe.each(pages)('docs/%s', (page) => {
  const text = read('docs', page);

  it('links only to files and headings that exist', () => {
    const links = [...withoutCode(text).matchAll(/\]\((?!https:)([^)\s]+)\)/g)].map(([, target]) => target);
    const broken = links.filter((link) => {
      const [name, anchor] = link.split('#');
      const file = name ? join(dirname(join(DOCS, page)), name) : join(DOCS, page);
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names only public properties that exist', () => {
    const paths = [...text.matchAll(/\bvod\.([a-z]\w*(?:\.[a-z]\w*)?)/g)].map(([, path]) => path.split('.'));
    const missing = paths.filter(([area, property]) => {
      const construct: any = vod[area as keyof typeof vod];
      return construct === undefined || (property !== undefined && !(property in construct));
    });
    expect(missing).toEqual([]);
  });
});

test('docs/security.md describes the role of every handler', () => {
  const rows = [...read('docs', 'security.md').matchAll(/^\| (`[a-z]+\/[^|]+) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`([a-z]+\/[a-z-]+)`/g)].map(([, name]) => name));
  expect(rows.sort()).toEqual(Object.keys(ENVIRONMENTS).sort());
});

describe('docs/operations.md', () => {
  const text = read('docs', 'operations.md');

  it('finds exactly one resource by each logical id', () => {
    const template = Template.fromStack(stack);
    const lookups = [
      ...[...text.matchAll(/\$\(resource (\S+) (\w+)\)/g)].map(([, type, prefix]) => [type, prefix]),
      ...[...read('docs', 'resend.sh').matchAll(/ResourceType=='(\S+)' && starts_with\(LogicalResourceId, '(\w+)'/g)].map(([, type, prefix]) => [type, prefix]),
    ];
    expect(lookups.length).toBeGreaterThan(5);
    for (const [type, prefix] of lookups) expect([prefix, ofType(template, type).filter(({ id }) => id.startsWith(prefix)).length]).toEqual([prefix, 1]);
  });

  it.each(['events not sent', 'failed event records not stored', 'record not readable', 'attempt ended: job never submitted', 'swept'])('names the log line "%s" as the functions write it', (line) => {
    const handlers = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.runtime.ts'));
    expect(handlers.some((name) => read('src', name).includes(`'${line}'`))).toBe(true);
    expect(text).toMatch(new RegExp(`[\`"]${line}[\`"]`));
  });

  it('has an example that synthesizes with a restored table', () => {
    const [, code] = /^```ts\n([^]*?)^```/m.exec(text)!;
    const { outputText } = transpileModule(code, { compilerOptions: { module: ModuleKind.CommonJS } });
    const restored = testStack({ env: { region: 'eu-west-1', account: '123456789012' } });
    new Function('require', 'exports', outputText).call(restored, (name: string) => jest.requireActual(name === 'serverless-vod' ? join(ROOT, 'src') : name), {});
    Template.fromStack(restored).resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
  });
});
