import { mkdtempSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import type { Access } from '../../../local/access/access';
import type { Resource } from '../../../local/template/resources';
import { AccessDenied, type LocalStack, type Need } from '../../../local/types';

export function resource(type: string, logicalId: string, properties: object, more: Partial<Resource> = {}): Resource {
  return { logicalId, type, physicalId: logicalId, attributes: {}, properties, ...more };
}

export function fakeStack(resources: Resource[], dataFolder = mkdtempSync(join(tmpdir(), 'vod-local-'))): LocalStack {
  return {
    region: 'eu-west-1',
    account: '111122223333',
    stackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Test/1',
    dataFolder,
    ofType: (type) => resources.filter((each) => each.type === type),
    byArn: (arn) => {
      const found = resources.find((each) => each.attributes.Arn === arn || each.physicalId === arn);
      if (!found) throw new Error(`no resource ${arn}`);
      return found;
    },
    assetFolder: (key) => key,
  };
}

export function fakeAccess(allow: (need: Need) => boolean) {
  const asked: (Need & { principal: string })[] = [];
  const access: Access = {
    require: async (principal, needs) => {
      for (const need of needs) {
        asked.push({ ...need, principal: principal.id, ...principal.context && { context: principal.context } });
        if (!allow(need)) throw new AccessDenied(principal, need);
      }
    },
    credentialsOf: () => ({ accessKeyId: '', secretAccessKey: '', sessionToken: '' }),
    startSession: () => { throw new Error('no sessions here'); },
    principalOf: () => undefined,
    trusts: async () => true,
    has: async (_, need) => allow(need),
    refusals: [],
  };
  return { access, asked };
}
