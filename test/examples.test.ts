import { mkdtempSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { example } from './templates/templates';
import { synthesize } from '../local/template/app';

const EXAMPLES = path.join(__dirname, '..', 'examples/typescript');

describe('the examples in TypeScript', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'examples-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const templateOf = async (name: string) => (await synthesize(path.join(EXAMPLES, name, 'app.ts'), path.join(folder, name))).template;

  it('smallest has the template that the tests check', async () => {
    const { Resources, Outputs } = await templateOf('smallest');
    const tested = example('smallest');
    expect(Outputs).toEqual(tested.Outputs);
    expect(Resources).toEqual(expect.objectContaining(tested.Resources));
  });

  it.each(readdirSync(EXAMPLES).filter((name) => name !== 'smallest'))('%s synthesizes one stack', async (name) => {
    expect(Object.values((await templateOf(name)).Resources).some(({ Type }) => Type === 'AWS::CloudFront::Distribution')).toBe(true);
  });
});
