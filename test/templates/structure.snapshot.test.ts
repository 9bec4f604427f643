import { example } from './templates';
import { ofType } from '../toolkit/template';

const smallest = example('smallest');

test('logical ids of what holds data are pinned: another id is another, empty resource', () => {
  const stateful = ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::SecretsManager::Secret', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::PublicKey', 'AWS::CloudFront::KeyGroup'];
  const ids = stateful.flatMap((type) => ofType(smallest, type).map(({ id }) => `${type} ${id}`));
  expect(ids.sort()).toMatchSnapshot();
});

test('public keys are pinned: CloudFront lets nothing of one change, so another value under the same logical id fails every update', () => {
  expect(ofType(smallest, 'AWS::CloudFront::PublicKey').map(({ id, properties }) => ({ [id]: properties.PublicKeyConfig }))).toMatchSnapshot();
});

test('the kinds of resources, and how many of each: what one line deploys', () => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(smallest.Resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  expect(counts).toMatchSnapshot();
});
