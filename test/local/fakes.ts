import { mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import type { Access } from '../../local/access/access';
import type { Resource } from '../../local/template/resources';
import { AwsError, AwsService, LocalStack, Need } from '../../local/types';

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/handler`;
export const CREDENTIALS = { accessKeyId: 'ASIALOCAL', secretAccessKey: 'a secret', sessionToken: 'a token' };

export function fakeStack(resources: Resource[], assets: Record<string, string> = {}): LocalStack {
  return {
    region: REGION,
    account: ACCOUNT,
    stackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/test/1`,
    dataFolder: mkdtempSync(join(tmpdir(), 'local-test-')),
    ofType: (type) => resources.filter((each) => each.type === type),
    byArn(arn) {
      const found = resources.find((each) => [each.physicalId, each.attributes.Arn].includes(arn));
      if (!found) throw new Error(`nothing has the ARN ${arn}`);
      return found;
    },
    assetFolder: (key) => assets[key],
  };
}

export function resource(type: string, physicalId: string, properties: Record<string, any>, arn = physicalId): Resource {
  return { logicalId: physicalId.replace(/\W/g, ''), type, physicalId, attributes: { Arn: arn }, properties };
}

export function fakeAccess(denied: string[] = []): Access & { asked: Need[] } {
  const asked: Need[] = [];
  const refusals: Access['refusals'] = [];
  return {
    asked,
    refusals,
    async require(principal, needs) {
      asked.push(...needs.map((need) => principal.context ? { ...need, context: principal.context } : need));
      for (const { action, resource: on } of needs) {
        if (!denied.includes(action)) continue;
        refusals.push({ principal: principal.id, action, resource: on });
        throw new AwsError('AccessDenied', `${principal.id} is not authorized to perform ${action} on ${on}`, 403);
      }
    },
    trusts: async () => true,
    has: async (_, { action }) => !denied.includes(action),
    credentialsOf: () => CREDENTIALS,
    startSession: () => { throw new Error('no sessions here'); },
    principalOf: (id) => id === CREDENTIALS.accessKeyId ? { principal: { id: ROLE, kind: 'role' }, ...CREDENTIALS } : undefined,
  };
}

export function fakeS3(): AwsService {
  return {
    name: 's3',
    unsigned(request, response) {
      if (request.method !== 'OPTIONS') return false;
      response.writeHead(204, { 'access-control-allow-origin': '*' }).end();
      return true;
    },
    needs: ({ method, path }) => [{ action: `s3:${method === 'PUT' ? 'PutObject' : 'GetObject'}`, resource: `arn:aws:s3:::${decodeURIComponent(path.slice(1))}` }],
    async handle({ raw, path }, response) {
      let size = 0;
      for await (const chunk of raw) size += chunk.length;
      response.writeHead(200, { 'etag': '"1"', 'x-path': path, 'x-size': String(size) }).end('the object');
    },
    fail: (error, response) => void response.writeHead(error.status, { 'content-type': 'application/xml' })
      .end(`<Error><Code>${error.code}</Code><Message>${error.message}</Message></Error>`),
  };
}

export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !await check(); waited += 10) {
    if (waited > 5000) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
