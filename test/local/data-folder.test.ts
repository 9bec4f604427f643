import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { holdDataFolder } from '../../local/data-folder';

const folderWith = (...names: string[]): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vod-data-'));
  for (const name of names) name.endsWith('/') ? mkdirSync(path.join(folder, name)) : writeFileSync(path.join(folder, name), '');
  return folder;
};

describe('the data folder', () => {
  test.each([
    ['a folder of somebody else', ['thesis.txt']],
    ['the folder of a CDK app', ['app.ts', 'cdk.json', 'cdk.out/']],
    ['a folder with nothing but a cloud assembly', ['cdk.out/']],
  ])('is never %s', async (_, names) => {
    const folder = folderWith(...names);
    const before = readdirSync(folder);
    for (const reset of [true, false]) await expect(holdDataFolder(folder, reset)).rejects.toThrow('contains files that this program did not create');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('from an earlier version is reused, and is emptied with reset', async () => {
    const folder = folderWith('cdk.out/', 'custom-resources.json', 's3/', 'stack.json');
    await (await holdDataFolder(folder, false)).stop();
    expect(readdirSync(folder).sort()).toEqual(['.serverless-vod', 'cdk.out', 'custom-resources.json', 's3']);
    await (await holdDataFolder(folder, true)).stop();
    expect(readdirSync(folder)).toEqual(['.serverless-vod']);
  });

  test('is locked by the first of two concurrent starts', async () => {
    const folder = folderWith();
    const first = await holdDataFolder(folder, false);
    writeFileSync(path.join(folder, 'kept'), '');
    for (const reset of [true, false]) await expect(holdDataFolder(folder, reset)).rejects.toThrow(`another local stack is using ${folder}: stop it first`);
    expect(existsSync(path.join(folder, 'kept'))).toBe(true);
    await first.stop();
    await (await holdDataFolder(folder, false)).stop();
  });

  test('can contain a stale stack.json', async () => {
    const folder = folderWith('cdk.out/', 'custom-resources.json');
    writeFileSync(path.join(folder, 'stack.json'), '{"origin":');
    await (await holdDataFolder(folder, false)).stop();
    expect(existsSync(path.join(folder, 'stack.json'))).toBe(false);
  });

  test('that is damaged fails the start, with its name and how to recover', async () => {
    const folder = folderWith();
    await (await holdDataFolder(folder, false)).stop();
    writeFileSync(path.join(folder, '.serverless-vod', 'CURRENT'), '');
    await expect(holdDataFolder(folder, false)).rejects.toThrow(/\.serverless-vod can't be opened: Corruption: .*Delete this folder to continue/);
  });
});
