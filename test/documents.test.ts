import { existsSync, readFileSync, statSync } from 'fs';
import * as path from 'path';

const root = path.join(__dirname, '..');
const BRANCH = /^https:\/\/github\.com\/serverless-vod\/serverless-vod\/(blob|tree)\/main\/([^#]*)/;

const document = (name: string): string => readFileSync(path.join(root, name), 'utf8');

describe('the documents in the package', () => {
  const links = [...document('README.md').replace(/^```[^]*?^```/gm, '').matchAll(/(?:\]\(|href=")([^)"\s]+)/g)].map(([, target]) => target);

  test('README has no relative links, which PyPI and pkg.go.dev do not resolve', () => {
    expect(links.filter((link) => !/^(?:https:\/\/|#)/.test(link))).toEqual([]);
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
