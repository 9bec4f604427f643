import { BUILD, labelOf, outcome, Prop, PROPS, SCALAR_PROPS, tokensOf } from '../synth/props';
import { testStack } from '../toolkit/stacks';

/** Whether the value is needed at synth: it decides or counts resources, or would have to be converted to another unit. */
function isNeeded({ type, name }: Prop, kind: string): boolean {
  return !['string', 'number', 'string[]', 'Duration', 'Size', 'Bitrate'].includes(type) || name === 'keyGenerations' || (name === 'domainNames' && kind !== 'item') || ['minutes', 'mebibytes', 'mbps', 'spread'].includes(kind);
}

test('every public struct can be given to a construct here', () => {
  expect([...new Set(PROPS.map(({ struct }) => struct))].filter((struct) => !(struct in BUILD))).toEqual([]);
});

describe('a value that is known at deploy time only renders as CloudFormation, or is refused in the prop\'s name', () => {
  test.each(SCALAR_PROPS.map((prop) => [labelOf(prop), prop] as const))('%s', (_, prop) => {
    const kinds = Object.keys(tokensOf(testStack(), prop.type));
    const outcomes = kinds.map((kind) => [kind, outcome(prop, (stack) => tokensOf(stack, prop.type)[kind], /"Ref":"Marker/)]);
    expect(outcomes).toEqual(kinds.map((kind) => [kind, isNeeded(prop, kind) ? 'refused' : 'rendered']));
  });
});
