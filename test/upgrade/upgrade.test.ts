import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { releaseCandidate, today } from './store';
import type { CloudFormationTemplate } from '../toolkit/template';

const before = releaseCandidate();
const now = today();
const NAMES = Object.keys(before) as (keyof typeof before)[];

const DESTRUCTIVE = [ResourceImpact.WILL_REPLACE, ResourceImpact.MAY_REPLACE, ResourceImpact.WILL_DESTROY, ResourceImpact.WILL_ORPHAN];

function destructive(from: CloudFormationTemplate, to: CloudFormationTemplate): string[] {
  const changes: string[] = [];
  fullDiff(from, to).resources.forEachDifference((id, change) => {
    if (DESTRUCTIVE.includes(change.changeImpact)) changes.push(`${id}: ${change.changeImpact}`);
  });
  return changes;
}

const indexesOf = ({ Resources }: CloudFormationTemplate): Record<string, string[]> => Object.fromEntries(Object.entries(Resources)
  .filter(([, { Type }]) => Type === 'AWS::DynamoDB::GlobalTable')
  .map(([id, { Properties }]) => [id, (Properties!.GlobalSecondaryIndexes ?? []).map(({ IndexName }: { IndexName: string }) => IndexName)]));

/** CloudFormation creates or deletes at most one index of a table in one update (aws-cdk issue 14920). */
function indexChanges(from: CloudFormationTemplate, to: CloudFormationTemplate): number[] {
  const after = indexesOf(to);
  return Object.entries(indexesOf(from)).map(([id, names]) => {
    const others = after[id] ?? [];
    return [...names.filter((name) => !others.includes(name)), ...others.filter((name) => !names.includes(name))].length;
  });
}

/**
 * Properties that must not change. CloudFormation or the service rejects the change, or the change creates a new secret. The library cloudformation-diff does
 * not detect all of these changes.
 */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  'AWS::CloudFront::PublicKey': ['PublicKeyConfig'],
  'AWS::Cognito::UserPool': ['AliasAttributes', 'Schema', 'UsernameAttributes', 'UsernameConfiguration'],
  'AWS::DynamoDB::GlobalTable': ['KeySchema'],
  'AWS::SecretsManager::Secret': ['GenerateSecretString'],
  'Custom::VodClientSecret': ['ServiceToken'],
  'Custom::VodKeyPair': ['ServiceToken'],
};

interface Index { readonly IndexName: string }

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function fixedChanges(from: CloudFormationTemplate, to: CloudFormationTemplate): string[] {
  const properties = Object.entries(from.Resources).flatMap(([id, { Type, Properties = {} }]) => (FIXED[Type] ?? [])
    .filter((name) => !same(Properties[name], to.Resources[id]?.Properties?.[name])).map((name) => `${id}: ${name}`));
  const indexes = Object.entries(from.Resources).flatMap(([id, { Properties = {} }]) => {
    const later: Index[] = to.Resources[id]?.Properties?.GlobalSecondaryIndexes ?? [];
    const changed = (index: Index) => later.some((other) => other.IndexName === index.IndexName && !same(other, index));
    return (Properties.GlobalSecondaryIndexes as Index[] ?? []).filter(changed).map(({ IndexName }) => `${id}: ${IndexName}`);
  });
  return [...properties, ...indexes];
}

describe.each(NAMES)('an update of "%s" from the release candidate', (name) => {
  it('neither replaces nor deletes a resource with data', () => {
    expect(destructive(before[name], now[name])).toEqual([]);
  });

  it('changes no property that must stay', () => {
    expect(fixedChanges(before[name], now[name])).toEqual([]);
  });

  it('changes at most one index of the table', () => {
    expect(Math.max(0, ...indexChanges(before[name], now[name]))).toBeLessThanOrEqual(1);
  });
});

describe('the checks of an update', () => {
  const changed = (edit: (resources: any) => void): CloudFormationTemplate => {
    const copy = structuredClone(now.smallest);
    edit(copy.Resources);
    return copy;
  };
  const [table] = Object.keys(indexesOf(now.smallest));
  const idOf = (type: string): string => Object.entries(now.smallest.Resources).find(([, { Type }]) => Type === type)![0];

  it.each([
    ['a new key of the table', changed((resources) => { resources[table].Properties.KeySchema[0].AttributeName = 'other'; }), table],
    ['another domain of the sign-in pages', changed((resources) => { resources[idOf('AWS::Cognito::UserPoolDomain')].Properties.Domain = 'other'; }), idOf('AWS::Cognito::UserPoolDomain')],
    ['a missing bucket', changed((resources) => { delete resources[idOf('AWS::S3::Bucket')]; }), idOf('AWS::S3::Bucket')],
    ['a secret with another name', changed((resources) => { resources[idOf('AWS::SecretsManager::Secret')].Properties.Name = 'other'; }), idOf('AWS::SecretsManager::Secret')],
  ])('find %s', (_, after, id) => {
    expect(destructive(now.smallest, after)).toContainEqual(expect.stringMatching(new RegExp(`^${id}: `)));
  });

  it.each([
    ['the function of a custom resource', 'Custom::VodKeyPair', 'ServiceToken'],
    ['the sign-in names of the user pool', 'AWS::Cognito::UserPool', 'AliasAttributes'],
    ['a public key', 'AWS::CloudFront::PublicKey', 'PublicKeyConfig'],
    ['how a secret is generated', 'AWS::SecretsManager::Secret', 'GenerateSecretString'],
  ])('find a change of %s', (_, type, property) => {
    expect(fixedChanges(now.smallest, changed((resources) => { resources[idOf(type)].Properties[property] = 'other'; }))).toEqual([`${idOf(type)}: ${property}`]);
  });

  it('find an index with other keys', () => {
    const after = changed((resources) => { resources[table].Properties.GlobalSecondaryIndexes[0].KeySchema.reverse(); });
    expect(fixedChanges(now.smallest, after)).toEqual([expect.stringMatching(new RegExp(`^${table}: `))]);
  });

  it('accept a changed lifetime of objects', () => {
    expect(destructive(now.smallest, changed((resources) => { resources[idOf('AWS::S3::Bucket')].Properties.LifecycleConfiguration = { Rules: [] }; }))).toEqual([]);
  });

  it('count a replaced index as two changes', () => {
    expect(indexChanges(now.smallest, changed((resources) => { resources[table].Properties.GlobalSecondaryIndexes[0].IndexName = 'other'; }))).toEqual([2]);
  });
});
