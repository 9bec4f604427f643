import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { releaseCandidate, today } from './store';
import type { CloudFormationTemplate } from '../toolkit/template';

const before = releaseCandidate();
const now = today();
const NAMES = Object.keys(before) as (keyof typeof before)[];

/** Changes that delete or replace a resource, or that could do so. */
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

describe.each(NAMES)('an update of "%s" from the release candidate', (name) => {
  it('neither replaces nor deletes a resource with data', () => {
    expect(destructive(before[name], now[name])).toEqual([]);
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
    expect(destructive(now.smallest, after)).toEqual([expect.stringMatching(new RegExp(`^${id}: `))]);
  });

  it('accept a changed lifetime of objects', () => {
    expect(destructive(now.smallest, changed((resources) => { resources[idOf('AWS::S3::Bucket')].Properties.LifecycleConfiguration = { Rules: [] }; }))).toEqual([]);
  });

  it('count a replaced index as two changes', () => {
    expect(indexChanges(now.smallest, changed((resources) => { resources[table].Properties.GlobalSecondaryIndexes[0].IndexName = 'other'; }))).toEqual([2]);
  });
});
