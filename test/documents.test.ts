import { existsSync, readFileSync, statSync } from 'fs';
import * as path from 'path';

const root = path.join(__dirname, '..');
const BRANCH = /^https:\/\/github\.com\/serverless-vod\/serverless-vod\/(blob|tree)\/main\/([^#]*)/;

const document = (name: string): string => readFileSync(path.join(root, name), 'utf8');

describe('the documents in the package', () => {
  const links = [...document('README.md').replace(/^```[^]*?^```/gm, '').matchAll(/(?:\]\(|href=")([^)"\s]+)/g)].map(([, target]) => target);

  test('README has only absolute links, because PyPI and pkg.go.dev resolve no relative links, and PyPI has no anchors', () => {
    expect(links.filter((link) => !link.startsWith('https://'))).toEqual([]);
  });

  test('README links only to sections of README that exist', () => {
    const sections = Array.from(document('README.md').matchAll(/^#+ (.*)$/gm), ([, title]) => title.toLowerCase().replaceAll(' ', '-'));
    const targets = links.flatMap((link) => /^https:\/\/github\.com\/serverless-vod\/serverless-vod#(.*)/.exec(link)?.[1] ?? []);
    expect(targets).not.toEqual([]);
    expect(targets.filter((target) => !sections.includes(target))).toEqual([]);
  });

  test('README links only to files and folders of the repository that exist', () => {
    const targets = links.flatMap((link) => {
      const [, kind, name] = BRANCH.exec(link) ?? [];
      return name ? [{ kind, name }] : [];
    });
    const kindOf = (file: string): string | undefined => (existsSync(file) ? (statSync(file).isDirectory() ? 'tree' : 'blob') : undefined);
    expect(targets).not.toEqual([]);
    expect(targets.filter(({ kind, name }) => kindOf(path.join(root, name)) !== kind)).toEqual([]);
  });
});
