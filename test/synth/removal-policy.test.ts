import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Identity, type ServerlessVodProps } from '../../src';
import { testStack, vodIn, warningsOf } from '../toolkit/stacks';

const { DESTROY, RETAIN } = RemovalPolicy;

function warned(props: ServerlessVodProps): string[] {
  const stack = testStack();
  vodIn(stack, props);
  return warningsOf(stack).filter((warning) => warning.includes('serverless-vod:protectedAndDestroyed')).map((warning) => warning.split(' expected')[0]);
}

describe('the warning of deletionProtection with RemovalPolicy.DESTROY', () => {
  test('is added to the table and to the user pool', () => {
    expect(warned({ deletionProtection: true, removalPolicy: DESTROY })).toEqual(['/Test/Vod/Auth: deletionProtection:', '/Test/Vod/Catalog: deletionProtection:']);
  });

  test('depends on the options of each resource', () => {
    expect(warned({ removalPolicy: DESTROY, catalog: { deletionProtection: true } })).toEqual(['/Test/Vod/Catalog: deletionProtection:']);
    expect(warned({ deletionProtection: true, identity: Identity.userPool({ userPool: { removalPolicy: DESTROY } }) })).toEqual(['/Test/Vod/Auth: deletionProtection:']);
  });

  test.each<[string, (table: dynamodb.ITable) => ServerlessVodProps]>([
    ['for deletionProtection without DESTROY', () => ({ deletionProtection: true })],
    ['for DESTROY without deletionProtection', () => ({ removalPolicy: DESTROY })],
    ['for retained data', () => ({ deletionProtection: true, removalPolicy: RETAIN })],
    ['for an existing table and an OIDC identity', (table) => ({ deletionProtection: true, removalPolicy: DESTROY, catalog: { table }, identity: Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'] }) })],
  ])('is not added %s', (_, props) => {
    const table = dynamodb.Table.fromTableAttributes(testStack(), 'Videos', { tableName: 'videos', tableStreamArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/videos/stream/1' });
    expect(warned(props(table))).toEqual([]);
  });
});
