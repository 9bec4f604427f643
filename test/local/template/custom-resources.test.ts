import { statSync } from 'fs';
import { mkdir, readFile, writeFile } from 'fs/promises';
import * as path from 'path';
import { RemovalPolicy, Stack, aws_s3 as s3, aws_s3_deployment as deployment } from 'aws-cdk-lib';
import { synthesized, temporaryFolder, written } from './stacks';
import { runCustomResources } from '../../../local/template/custom-resources';
import type { TemplateStack } from '../../../local/template/template-stack';
import type { Functions, InvokeResult } from '../../../local/types';

type Event = Record<string, any>;

function functions(answer: (event: Event) => unknown): Functions & { events: Event[] } {
  const events: Event[] = [];
  return {
    events,
    invoke: async (_, event): Promise<InvokeResult> => {
      events.push(event as Event);
      const body = answer(event as Event);
      if (body) await fetch((event as Event).ResponseURL, { method: 'PUT', body: JSON.stringify(body) });
      return { payload: null };
    },
  };
}

const succeed = (event: Event) => ({
  Status: 'SUCCESS', PhysicalResourceId: `id-of-${event.LogicalResourceId}`, Data: { Value: `value-of-${event.LogicalResourceId}` },
});
const nowhere = { put: () => { throw new Error('nothing is deployed'); } };
const run = (stack: TemplateStack, of: Functions) => runCustomResources(stack, of, nowhere);

function stackOf(properties: Record<string, unknown>, folder?: string): TemplateStack {
  return written({
    Resources: {
      PublicKey: { Type: 'AWS::CloudFront::PublicKey', Properties: { EncodedKey: { 'Fn::GetAtt': ['Second', 'Value'] }, Name: { Ref: 'First' } } },
      Third: { Type: 'Custom::Third', Properties: { ServiceToken: 'f' } },
      First: { Type: 'Custom::First', Properties: { ServiceToken: 'f', ...properties }, DependsOn: ['Third'] },
      Second: { Type: 'Custom::Second', Properties: { ServiceToken: 'f', Of: { 'Fn::GetAtt': ['First', 'Value'] } } },
    },
  }, folder);
}

describe('custom resources', () => {
  it('run in the template\'s order, with all scalars as strings', async () => {
    const stack = stackOf({ Count: 3, Deep: { on: true, list: [1] } });
    const of = functions(succeed);
    await run(stack, of);
    expect(of.events.map(({ LogicalResourceId: name }) => name)).toEqual(['Third', 'First', 'Second']);
    expect(of.events[1]).toMatchObject({
      RequestType: 'Create', StackId: stack.stackId, ResourceType: 'Custom::First', ResourceProperties: { ServiceToken: 'f', Count: '3', Deep: { on: 'true', list: ['1'] } },
    });
    expect(of.events[1].RequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(of.events[2].ResourceProperties.Of).toBe('value-of-First');
    expect(stack.ofType('AWS::CloudFront::PublicKey')[0].properties).toEqual({ EncodedKey: 'value-of-Second', Name: 'id-of-First' });
  });

  it('have no attributes before they have run', () => {
    expect(() => stackOf({}).ofType('AWS::CloudFront::PublicKey')[0].properties).toThrow('Second: this custom resource has not run yet');
  });

  it.each([
    ['refers to', { Properties: { ServiceToken: { Ref: 'Late' } } }],
    ['depends on', { DependsOn: 'Late' }],
  ])('fail the start when one %s a later one', async (_, more) => {
    const stack = written({ Resources: { Early: { Type: 'Custom::Early', ...more }, Late: { Type: 'Custom::Late' } } });
    await expect(run(stack, functions(succeed))).rejects.toThrow('Late: this custom resource has not run yet');
  });

  it('have only the attributes that their function returned', async () => {
    const stack = stackOf({});
    await run(stack, functions((event) => ({ ...succeed(event), Data: { Value: 'x' } })));
    expect(Object.keys(stack.ofType('Custom::First')[0].attributes)).toEqual(['Value']);
  });

  it('run again only if their properties have changed', async () => {
    const folder = temporaryFolder();
    await run(stackOf({ Generation: 1 }, folder), functions(succeed));
    const unchanged = functions(succeed);
    const again = stackOf({ Generation: '1' }, folder);
    await run(again, unchanged);
    expect(unchanged.events).toEqual([]);
    expect(again.ofType('AWS::CloudFront::PublicKey')[0].properties.EncodedKey).toBe('value-of-Second');
    const changed = functions(succeed);
    await run(stackOf({ Generation: 2 }, folder), changed);
    expect(changed.events).toEqual([expect.objectContaining({
      RequestType: 'Update',
      LogicalResourceId: 'First',
      PhysicalResourceId: 'id-of-First',
      ResourceProperties: { ServiceToken: 'f', Generation: '2' },
      OldResourceProperties: { ServiceToken: 'f', Generation: '1' },
    })]);
  });

  it('are stored in a file that only its owner can read', async () => {
    const folder = temporaryFolder();
    await run(stackOf({}, folder), functions(succeed));
    expect(statSync(path.join(folder, 'custom-resources.json')).mode.toString(8)).toBe('100600');
  });

  it('fail the start with their function\'s reason, and are not stored', async () => {
    const folder = temporaryFolder();
    const failing = functions((event) => event.LogicalResourceId === 'First' ? { Status: 'FAILED', Reason: 'no key' } : succeed(event));
    await expect(run(stackOf({}, folder), failing)).rejects.toThrow('First (Custom::First): no key');
    expect(Object.keys(JSON.parse(await readFile(path.join(folder, 'custom-resources.json'), 'utf8')))).toEqual(['Third']);
  });

  it('fail the start if their function fails or ends without a response', async () => {
    const crashed: Functions = { invoke: async () => ({ error: { errorType: 'TypeError', errorMessage: 'x is not a function' } }) };
    await expect(run(stackOf({}), crashed)).rejects.toThrow('Third (Custom::Third): x is not a function');
    await expect(run(stackOf({}), functions(() => undefined))).rejects.toThrow('the function ended without a response');
  });

  it('accept one response, by PUT, at their response URL', async () => {
    const statuses: number[] = [];
    const curious: Functions = {
      invoke: async (_, event) => {
        const url = (event as Event).ResponseURL;
        const send = async (method: string, to: string, body?: string) => statuses.push((await fetch(to, { method, body })).status);
        await send('POST', url, '{}');
        return { payload: null };
      },
    };
    await expect(run(stackOf({}), curious)).rejects.toThrow('without a response');
    const guessing: Functions = {
      invoke: async (_, event) => {
        const url = (event as Event).ResponseURL;
        const put = async (to: string) => statuses.push((await fetch(to, { method: 'PUT', body: JSON.stringify(succeed(event as Event)) })).status);
        await put(new URL('/guess', url).href);
        await put(url);
        await put(url);
        return { payload: null };
      },
    };
    await run(stackOf({}), guessing);
    expect(statuses).toEqual([403, 403, 200, 403, 403, 200, 403, 403, 200, 403]);
  });
});

it('skips the custom resource that empties a bucket on deletion', async () => {
  const stack = await synthesized((scope: Stack) => {
    new s3.Bucket(scope, 'Page', { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });
  });
  const of = functions(() => { throw new Error('the function must not run'); });
  await run(stack, of);
  expect([of.events, stack.outputs()]).toEqual([[], {}]);
});

describe('notifications of a bucket', () => {
  const notifications = (configuration: object) => written({
    Resources: { Told: { Type: 'Custom::S3BucketNotifications', Properties: { ServiceToken: 'f', BucketName: 'sources', NotificationConfiguration: configuration } } },
  });
  const never = functions(() => { throw new Error('the function must not run'); });

  it('are read by S3; the custom resource\'s function is not run', async () => {
    await run(notifications({ EventBridgeConfiguration: {} }), never);
    expect(never.events).toEqual([]);
  });

  it('to targets other than EventBridge are rejected by name', async () => {
    await expect(run(notifications({ QueueConfigurations: [] }), never)).rejects.toThrow('Told: the local stack does not support QueueConfigurations');
  });
});

describe('a bucket deployment', () => {
  const never: Functions = { invoke: () => { throw new Error('the deployment\'s own function must not run'); } };
  const headersOf: Record<string, object | undefined> = {};
  const deploy = async (options: (scope: Stack) => Partial<deployment.BucketDeploymentProps>) => {
    const stack = await synthesized((scope: Stack) => {
      const bucket = new s3.Bucket(scope, 'Page', { bucketName: 'page' });
      new deployment.BucketDeployment(scope, 'Deploy', { destinationBucket: bucket, sources: [], ...options(scope) });
    });
    const objects: Record<string, [string, string]> = {};
    const put = async (bucket: string, key: string, body: Buffer, { contentType, headers }: { contentType?: string; headers?: object }) => {
      objects[`${bucket}/${key}`] = [body.toString('latin1'), contentType!];
      headersOf[key] = headers;
      return { etag: '' };
    };
    await runCustomResources(stack, never, { put: put as never });
    return objects;
  };

  it('copies the files of its assets', async () => {
    const page = temporaryFolder();
    await mkdir(path.join(page, 'js'));
    await Promise.all([writeFile(path.join(page, 'index.html'), '<p>'), writeFile(path.join(page, 'js/app.js'), Buffer.from([0xff, 0xfe]))]);
    expect(await deploy(() => ({ sources: [deployment.Source.asset(page), deployment.Source.data('site.css', 'p{}')] }))).toEqual({
      'page/index.html': ['<p>', 'text/html'],
      'page/js/app.js': ['\xff\xfe', 'text/javascript'],
      'page/site.css': ['p{}', 'text/css'],
    });
  });

  it('fills in values of the stack, with local URLs, and sets the Cache-Control header', async () => {
    const sources = (scope: Stack) => {
      const files = new s3.Bucket(scope, 'Files', { bucketName: 'files' });
      return [deployment.Source.data('plain.html', '<<marker:0xbaba:0>>'), deployment.Source.data('page.html', `https://${files.bucketRegionalDomainName}/ of ${scope.account}`)];
    };
    expect(await deploy((scope) => ({ sources: sources(scope), cacheControl: [deployment.CacheControl.noCache()] }))).toEqual({
      'page/plain.html': ['<<marker:0xbaba:0>>', 'text/html'],
      'page/page.html': ['http://127.0.0.1:8002/files/ of 123456789012', 'text/html'],
    });
    expect(headersOf['page.html']).toEqual({ 'cache-control': 'no-cache' });
  });

  it.each<[string, (scope: Stack) => Partial<deployment.BucketDeploymentProps>, string]>([
    ['a file of an unknown type', () => ({ sources: [deployment.Source.data('a.exe', '')] }), 'the local stack does not know the content type of'],
    ['a property that it does not know', () => ({ destinationKeyPrefix: 'web' }), 'does not support DestinationBucketKeyPrefix "web"'],
    ['metadata that it does not know', () => ({ contentLanguage: 'en' }), 'does not support content-language "en"'],
  ])('fails on %s', async (_, options, message) => {
    await expect(deploy(options)).rejects.toThrow(message);
  });
});
