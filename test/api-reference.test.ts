import { existsSync, readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { Assembly, TypeKind } from '@jsii/spec';
import { apiReference } from '../build/api-reference';
import { STORED } from '../build/public-api';

const root = path.join(__dirname, '..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

const anchorsOf = (document: string): string[] => [...document.matchAll(/<a id="([^"]*)">/g)].map(([, id]) => id);

describe('API.md', () => {
  const document = read('API.md');
  const anchors = anchorsOf(document);

  test('has one anchor for each public type and member', () => {
    const { types }: Assembly = JSON.parse(readFileSync(STORED, 'utf8'));
    const expected = Object.values(types!).flatMap((type) => {
      const members = type.kind === TypeKind.Enum ? type.members : [...type.properties ?? [], ...type.methods ?? []];
      return [type.name, ...members.map(({ name }) => `${type.name}-${name}`)].map((name) => name.toLowerCase());
    });
    expect(expected.length).toBeGreaterThan(150);
    expect(expected.filter((id) => anchors.filter((anchor) => anchor === id).length !== 1)).toEqual([]);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  test('has an anchor or a file for each of its links', () => {
    const links = [...document.matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target);
    const broken = links.filter((target) => {
      const [, file] = /^https:\/\/github\.com\/serverless-vod\/serverless-vod\/blob\/main\/(.*)$/.exec(target) ?? [];
      if (file) return !existsSync(path.join(root, file));
      return target.startsWith('#') ? !anchors.includes(target.slice(1)) : !target.startsWith('https://');
    });
    expect(broken).toEqual([]);
  });

  test('has the anchors that other documents link to', () => {
    const documents = ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`)];
    const links = documents.filter((name) => name.endsWith('.md')).flatMap((name) => [...read(name).matchAll(/API\.md#([\w-]+)/g)].map(([, id]) => id));
    expect(links.filter((id) => !anchors.includes(id))).toEqual([]);
  });

  test('has no markers of fixtures and no missing descriptions', () => {
    expect(document.match(/^.*(?:\/\/\/|fixture|No description).*$/gm) ?? []).toEqual([]);
  });
});

describe('the API reference', () => {
  const docs = { summary: 'A summary.' };
  const property = (name: string, line: number, more = {}): object => ({
    name, docs, type: { primitive: 'string' }, locationInModule: { filename: 'src/player.ts', line }, ...more,
  });
  const method = (name: string, more = {}): object => ({ name, docs, locationInModule: { filename: 'src/player.ts', line: 1 }, ...more });
  const assemblyOf = (...types: object[]): Assembly => ({
    name: 'videos',
    docs: { stability: 'experimental' },
    types: Object.fromEntries(types.map((type, index) => [`videos.T${index}`, { docs, ...type }])),
  } as unknown as Assembly);
  const struct = (name: string, ...properties: object[]): object => ({ kind: 'interface', datatype: true, name, properties });
  const referenceOf = (...types: object[]): string => apiReference(assemblyOf(...types), [
    { title: 'Players', text: 'A chapter.', types: types.map((type) => (type as { name: string }).name) },
  ]);

  test('fails for a public type that is in no chapter, and says where to add it', () => {
    expect(() => apiReference(assemblyOf(struct('PlayerProps'), struct('Speed')), [{ title: 'Players', text: '', types: ['PlayerProps', 'Gone'] }]))
      .toThrow('CHAPTERS in build/api-chapters.ts: Speed is missing: add it; Gone is unknown or listed twice: remove it.');
  });

  test('fails for a property of a grouped struct that is in no group', () => {
    expect(() => referenceOf(struct('ServerlessVodProps', property('volume', 1)))).toThrow('PROPERTY_GROUPS.ServerlessVodProps in build/api-chapters.ts: volume is missing: add it;');
  });

  test('fails for a member or a parameter without a docstring', () => {
    expect(() => referenceOf(struct('PlayerProps', property('volume', 1, { docs: {} })))).toThrow('PlayerProps.volume: expected a docstring');
    expect(() => referenceOf({ kind: 'class', name: 'Player', methods: [method('play', { parameters: [{ name: 'speed', type: { primitive: 'number' } }] })] }))
      .toThrow('Player.play(speed): expected a docstring');
  });

  test('describes the parameters of a constructor', () => {
    const construct = { fqn: 'constructs.Construct' };
    const parameters = [{ name: 'scope', type: construct }, { name: 'id', type: { primitive: 'string' } }, { name: 'props', optional: true, type: { fqn: 'videos.PlayerProps' } }];
    const reference = referenceOf({ kind: 'class', name: 'Player', base: construct.fqn, initializer: { parameters } }, struct('PlayerProps'));
    expect(reference).toContain('*Construct.* A summary.\n\n**Constructor:** `new Player(scope, id, props?)`\n\n- `scope`: [`Construct`](https://docs.aws.amazon.com/cdk/api/v2/docs/constructs.Construct.html). The parent construct');
    expect(reference).toContain('- `props?`: [`PlayerProps`](#playerprops). The properties of this construct.');
  });

  test('shows a whole description, and the default below its first paragraph', () => {
    const text = { summary: 'Which player;', remarks: 'others are\nrejected.\n\nSee `PlayerProps.volume`.', default: 'Player.HTML - the page\'s own' };
    expect(referenceOf(struct('PlayerProps', property('volume', 2), property('player', 1, { optional: true, docs: text, type: { fqn: 'aws-cdk-lib.aws_s3.IBucket' } })))).toContain([
      '- <a id="playerprops-player"></a>**`player?`**: [`s3.IBucket`](https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.IBucket.html)\\',
      '  Which player; others are rejected.\\',
      '  *Default:* `Player.HTML`: the page\'s own',
      '',
      '  See [`PlayerProps.volume`](#playerprops-volume).',
      '- <a id="playerprops-volume"></a>**`volume`**: `string`\\',
      '  A summary.',
    ].join('\n'));
  });

  test('names the struct that another one extends instead of its properties', () => {
    const props = { ...struct('PlayerProps', property('url', 1)), interfaces: ['videos.PlayerOptions'] };
    expect(referenceOf(struct('PlayerOptions', property('volume', 1)), props)).toContain('All properties of [`PlayerOptions`](#playeroptions), and these properties:\n\n- <a id="playerprops-url">');
  });

  test('describes parameters that several methods share once', () => {
    const shared = { parameters: [{ name: 'id', type: { primitive: 'string' }, docs }, { name: 'speed', type: { primitive: 'number' }, docs }] };
    const reference = referenceOf({ kind: 'class', name: 'Player', methods: [method('onPlay', shared), method('onPause', shared), method('stop')] });
    expect(reference.match(/`speed`: `number`\. A summary\./g)).toHaveLength(1);
    expect(reference).toContain('**`stop()`**\\\n  A summary.\n\nThe following methods have the same parameters:');
  });

  test('shows examples without fixture lines, errors and marks', () => {
    const marked = { ...docs, example: '/// fixture=players\nplay();', deprecated: 'Use `Player`.', stability: 'deprecated', custom: { throws: 'if it is closed' } };
    const reference = referenceOf({ kind: 'class', name: 'Player', methods: [method('play', { docs: marked, static: true })] });
    expect(reference).toContain('**`static play()`**\\\n  A summary.\n\n  *Throws:* if it is closed\n\n  **Deprecated.** Use [`Player`](#player).\n\n  **Stability:** deprecated.\n\n  ```ts\n  play();\n  ```\n');
  });

  test('lists the members of an enum', () => {
    expect(referenceOf({ kind: 'enum', name: 'Speed', members: [{ name: 'SLOW', docs }] })).toContain('*Enum.* A summary.\n\n- <a id="speed-slow"></a>**`SLOW`**\\\n  A summary.');
  });
});
