import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Identity, type ServerlessVodProps } from '../../src';
import { testStack, vodIn, warningsOf } from '../toolkit/stacks';

const { DESTROY, RETAIN } = RemovalPolicy;

/** Where it is warned that the stack can't be deleted. */
function warned(props: ServerlessVodProps): string[] {
  const stack = testStack();
  vodIn(stack, props);
  return warningsOf(stack).filter((warning) => warning.includes('serverless-vod:protectedAndDestroyed')).map((warning) => warning.split(' expected')[0]);
}

describe('deletionProtection beside RemovalPolicy.DESTROY', () => {
  test('is warned of at the table and at the user pool', () => {
    expect(warned({ deletionProtection: true, removalPolicy: DESTROY })).toEqual(['/Test/Vod/Auth: deletionProtection:', '/Test/Vod/Catalog: deletionProtection:']);
  });

  test('counts what each resource gets: options of its own win', () => {
    expect(warned({ removalPolicy: DESTROY, catalog: { deletionProtection: true } })).toEqual(['/Test/Vod/Catalog: deletionProtection:']);
    expect(warned({ deletionProtection: true, identity: Identity.userPool({ userPool: { removalPolicy: DESTROY } }) })).toEqual(['/Test/Vod/Auth: deletionProtection:']);
  });

  test.each<[string, (table: dynamodb.ITable) => ServerlessVodProps]>([
    ['protection alone', () => ({ deletionProtection: true })],
    ['DESTROY alone', () => ({ removalPolicy: DESTROY })],
    ['data that stays', () => ({ deletionProtection: true, removalPolicy: RETAIN })],
    ['a table and an identity of one\'s own', (table) => ({ deletionProtection: true, removalPolicy: DESTROY, catalog: { table }, identity: Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'] }) })],
  ])('is not warned of: %s', (_, props) => {
    const table = dynamodb.Table.fromTableAttributes(testStack(), 'Videos', { tableName: 'videos', tableStreamArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/videos/stream/1' });
    expect(warned(props(table))).toEqual([]);
  });
});
