import { RemovalPolicy } from 'aws-cdk-lib';
import { overlay } from '../../src/synth/overlay';
import { templateOf, testStack, vodIn } from '../toolkit/stacks';

test('a prop that is absent, undefined or null keeps its default', () => {
  expect(overlay({ a: 1, b: 2, c: 3 }, { a: undefined, b: null, c: 0 })).toEqual({ a: 1, b: 2, c: 0 });
  expect(overlay({ a: 1 }, undefined)).toEqual({ a: 1 });
});

test('an undefined removalPolicy of an area does not override the one of the service', () => {
  const left = { removalPolicy: undefined };
  const vod = vodIn(testStack(), { removalPolicy: RemovalPolicy.DESTROY, catalog: left, delivery: left, upload: left });
  const kept = Object.entries(templateOf(vod).Resources)
    .filter(([, { DeletionPolicy, Properties }]) => (DeletionPolicy ?? 'Delete') !== 'Delete' || Properties?.DeletionProtection === 'ACTIVE' || Properties?.DeletionProtectionEnabled);
  expect(kept.map(([id]) => id)).toEqual([]);
});
