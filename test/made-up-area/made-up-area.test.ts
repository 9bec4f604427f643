import { spawnSync } from 'child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';
import { permissionsOfRole } from '../toolkit/permissions';
import { ofType, references } from '../toolkit/template';

const ROOT = path.join(__dirname, '..', '..');
const PATCH = path.join(__dirname, 'made-up-area.patch');
/** The files that the patched library needs to compile, bundle and synthesize. */
const COPIED = ['src', 'examples', 'local', 'build', 'test/templates/checks', 'test/toolkit', 'package.json', 'tsconfig.json', 'tsconfig.dev.json'];

const SYNTHESIZE = `
const { App, Stack } = require('aws-cdk-lib');
const { ServerlessVod } = require('./src');
const { CHECKS } = require('./test/templates/checks');
const app = new App();
new ServerlessVod(new Stack(app, 'Videos'), 'Vod');
const { template } = app.synth().getStackByName('Videos');
const problems = Object.values(CHECKS).flatMap((checks) => Object.values(checks)).flatMap((check) => check(template));
process.stdout.write(JSON.stringify({ template, problems }));
`;

/** The patch shows how many changes a new area needs. */
describe('a made-up area with a handler, a route, a permission on the table and an event', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'made-up-area-'));
  const run = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: copy, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(() => {
    for (const each of COPIED) cpSync(path.join(ROOT, each), path.join(copy, each), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    run('git', 'apply', PATCH);
  });

  afterAll(() => rmSync(copy, { recursive: true }));

  test('changes at most four files outside of its folder', () => {
    const files = Array.from(readFileSync(PATCH, 'utf8').matchAll(/^\+\+\+ b\/(.+)$/gm), ([, file]) => file);
    expect(files.filter((file) => file.startsWith('src/reactions/'))).toHaveLength(3);
    expect(files.filter((file) => !file.startsWith('src/reactions/')).length).toBeLessThanOrEqual(4);
  });

  test('subscribes to an event with one line', () => {
    expect(readFileSync(PATCH, 'utf8').match(/^\+.*(onVideo|Rule).*$/gm)).toEqual([expect.stringMatching(/^\+    catalog\.onVideoReady\('React', .*\);$/)]);
  });

  test('compiles', () => {
    writeFileSync(path.join(copy, 'tsconfig.made-up.json'), JSON.stringify({ extends: './tsconfig.dev.json', include: ['src', 'test/templates/checks'] }));
    run(process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.made-up.json');
  }, 120_000);

  test('has a route, reads the table, receives events of ready videos and gets the signing keys without importing delivery', () => {
    run(process.execPath, '--import', 'tsx', 'build/bundle.ts');
    writeFileSync(path.join(copy, 'synthesize.ts'), SYNTHESIZE);
    const { template, problems } = JSON.parse(run(process.execPath, '--import', 'tsx', 'synthesize.ts'));
    expect(problems).toEqual([]);
    const react = ofType(template, 'AWS::Lambda::Function').find(({ properties }) => properties.Description === 'Stores reactions')!;
    expect(Object.keys(react.properties.Environment.Variables).sort()).toEqual(['ROLES', 'SERVICE_URL', 'SIGNING_KEYS', 'TABLE_NAME']);
    const granted = permissionsOfRole(template, references(react.properties.Role)[0]).map((permission) => permission.split(' on ')[0]);
    expect(granted).toEqual(['dynamodb:GetItem', 'logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:GetSecretValue', 'sqs:SendMessage']);
    const [rule] = ofType(template, 'AWS::Events::Rule').filter(({ properties }) => references(properties.Targets).includes(react.id));
    const [table] = ofType(template, 'AWS::DynamoDB::GlobalTable');
    expect(rule.properties.EventPattern).toEqual({
      'source': ['serverless-vod'], 'detail-type': ['video.ready'], 'resources': [{ 'Fn::GetAtt': [table.id, 'Arn'] }],
    });
    expect(references(rule.properties.EventBusName)).toEqual([ofType(template, 'AWS::Events::EventBus')[0].id]);
    expect(ofType(template, 'AWS::ApiGateway::Method').map(({ properties }) => properties.OperationName)).toContain('react');
  }, 120_000);
});
