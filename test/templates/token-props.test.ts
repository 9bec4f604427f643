import { Bitrate, Duration, Lazy, Size } from 'aws-cdk-lib';
import { BUILD, labelOf, outcome, Prop, PROPS, SCALAR_PROPS, tokensOf } from '../synth/props';
import { sampledOnNewest } from '../toolkit/newest-cdk';
import { testStack } from '../toolkit/stacks';

/** Whether a prop needs a value that is known at synth. There are two reasons: the value decides which resources are created, or CDK must convert its unit. */
function isNeeded({ type, name }: Prop, kind: string): boolean {
  return !['string', 'number', 'string[]', 'Duration', 'Size', 'Bitrate'].includes(type) || name === 'keyGenerations' || (name === 'domainNames' && kind !== 'item') || ['minutes', 'mebibytes', 'mbps', 'spread'].includes(kind);
}

test('every public struct has a construct in this test that accepts it', () => {
  expect([...new Set(PROPS.map(({ struct }) => struct))].filter((struct) => !(struct in BUILD))).toEqual([]);
});

describe('a token renders as CloudFormation or is rejected with an error that names the prop', () => {
  test.each(SCALAR_PROPS.map((prop) => [labelOf(prop), prop] as const))('%s', (_, prop) => {
    const kinds = Object.keys(tokensOf(testStack(), prop.type));
    const outcomes = kinds.map((kind) => [kind, outcome(prop, (stack) => tokensOf(stack, prop.type)[kind], /"Ref":"Marker/)]);
    expect(outcomes).toEqual(kinds.map((kind) => [kind, isNeeded(prop, kind) ? 'rejected' : 'rendered']));
  });
});

const TOKENS: Record<string, unknown> = {
  'string': Lazy.string({ produce: () => 'later' }),
  'number': Lazy.number({ produce: () => 7 }),
  'string[]': Lazy.list({ produce: () => ['later'] }),
  'number[]': [Lazy.number({ produce: () => 7 })],
  'object[]': [Lazy.any({ produce: () => 'later' })],
  'object': Lazy.any({ produce: () => ({}) }),
  'Duration': Duration.seconds(Lazy.number({ produce: () => 60 })),
  'Size': Size.bytes(Lazy.number({ produce: () => 60 })),
  'Bitrate': Bitrate.bps(Lazy.number({ produce: () => 60_000 })),
};

describe('a token of the wrong kind is rejected with an error that names the prop', () => {
  test.each(sampledOnNewest(PROPS).map((prop) => [labelOf(prop), prop] as const))('%s', (_, prop) => {
    const kinds = Object.keys(TOKENS).filter((kind) => kind !== prop.type);
    expect(kinds.map((kind) => [kind, outcome(prop, () => TOKENS[kind])])).toEqual(kinds.map((kind) => [kind, 'rejected']));
  });
});
