import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ServerlessVod } from '../../src';
import { overlay } from '../../src/synth/overlay';

test('a prop that was left out keeps its default, however it was left out', () => {
  expect(overlay({ a: 1, b: 2, c: 3 }, { a: undefined, b: null, c: 0 })).toEqual({ a: 1, b: 2, c: 0 });
  expect(overlay({ a: 1 }, undefined)).toEqual({ a: 1 });
});

test('no area\'s undefined undoes the removal policy of the whole service', () => {
  const left = { removalPolicy: undefined };
  const stack = new Stack(new App(), 'Test');
  new ServerlessVod(stack, 'Vod', { removalPolicy: RemovalPolicy.DESTROY, auth: left, catalog: left, delivery: left, upload: left });
  const kept = Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, any>)
    .filter(([, { DeletionPolicy, Properties }]) => (DeletionPolicy ?? 'Delete') !== 'Delete' || Properties?.DeletionProtection === 'ACTIVE' || Properties?.DeletionProtectionEnabled);
  expect(kept.map(([id]) => id)).toEqual([]);
});
