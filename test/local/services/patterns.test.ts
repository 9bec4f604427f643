import { aws_events as events, App, Stack } from 'aws-cdk-lib';
import { compilePattern } from '../../../local/services/patterns';

const NOT = 'anything-but';
const SAME = 'equals-ignore-case';

describe('a pattern', () => {
  test.each([
    [{ a: ['x', 'y'] }, { a: 'y' }, true],
    [{ a: ['x'] }, { a: 'xy' }, false],
    [{ a: ['1'] }, { a: 1 }, false],
    [{ a: [1, null, true] }, { a: null }, true],
    [{ a: [1] }, { a: 1 }, true],
    [{ a: [true] }, { a: 'true' }, false],
    [{ a: [''] }, { a: '' }, true],
    [{ a: ['x'], b: ['y'] }, { a: 'x' }, false],
    [{ a: ['x'] }, { a: ['w', 'x'] }, true],
    [{ a: { b: { c: ['x'] } } }, { a: { b: { c: 'x', d: 1 } } }, true],
    [{ a: { b: ['x'] } }, { a: [{ b: 'w' }, { b: 'x' }] }, true],
    // All fields of a pattern must match in the same element of an array.
    [{ a: { b: ['x'], c: ['y'] } }, { a: [{ b: 'x', c: 'z' }, { b: 'w', c: 'y' }] }, false],
    [{ a: { b: ['x'] } }, {}, false],
    [{ a: [{ prefix: 'source/' }] }, { a: 'source/1' }, true],
    [{ a: [{ prefix: 'source/' }] }, { a: 'v/source/' }, false],
    [{ a: [{ prefix: 'source/' }, 'x'] }, { a: 'x' }, true],
    [{ a: [{ prefix: '' }] }, {}, false],
    [{ a: [{ prefix: { [SAME]: 'EV' } }] }, { a: 'event' }, true],
    [{ a: [{ suffix: '.mp4' }] }, { a: 'film.mp4' }, true],
    [{ a: [{ suffix: '.mp4' }] }, { a: 'film.mp4.txt' }, false],
    [{ a: [{ suffix: { [SAME]: '.MP4' } }] }, { a: 'film.Mp4' }, true],
    [{ a: [{ [SAME]: 'ready' }] }, { a: 'READY' }, true],
    [{ a: [{ [SAME]: 'ready' }] }, { a: 'already' }, false],
    [{ a: [{ exists: true }] }, { a: null }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: [{ exists: true }] }, { a: { b: 1 } }, false],
    [{ a: [{ exists: false }] }, { b: 1 }, true],
    [{ a: [{ exists: false }] }, { a: 0 }, false],
    [{ a: { b: [{ exists: false }] } }, {}, true],
    [{ a: { b: [{ exists: false }] } }, { a: [{ b: 1 }, {}] }, false],
    [{ a: [{ exists: false }, 'x'] }, { a: 'x' }, true],
    [{ a: [{ [NOT]: 'x' }] }, { a: 'y' }, true],
    [{ a: [{ [NOT]: 'x' }] }, { a: 'x' }, false],
    [{ a: [{ [NOT]: 'x' }] }, {}, false],
    [{ a: [{ [NOT]: ['x', 'y'] }] }, { a: 'y' }, false],
    [{ a: [{ [NOT]: [1, 2] }] }, { a: 3 }, true],
    [{ a: [{ [NOT]: { prefix: 'x' } }] }, { a: 'xy' }, false],
    [{ a: [{ [NOT]: { prefix: ['x', 'y'] } }] }, { a: 'yz' }, false],
    [{ a: [{ [NOT]: { suffix: 'x' } }] }, { a: 'xy' }, true],
    [{ a: [{ [NOT]: { [SAME]: ['X'] } }] }, { a: 'x' }, false],
    [{ a: [{ [NOT]: { wildcard: '*/lib/*' } }] }, { a: 'a/lib/b' }, false],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 0 }, false],
    [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 6 }, false],
    [{ a: [{ numeric: ['=', 3.0e2] }] }, { a: 300 }, true],
    [{ a: [{ numeric: ['<', 3] }] }, { a: '2' }, false],
    [{ a: [{ wildcard: 'a*c' }] }, { a: 'abbc' }, true],
    [{ a: [{ wildcard: 'a*c' }] }, { a: 'abbcd' }, false],
    [{ a: [{ wildcard: 'a.c' }] }, { a: 'abc' }, false],
    [{ a: [{ wildcard: 'a\\*c\\\\' }] }, { a: 'a*c\\' }, true],
    [{ a: [{ wildcard: 'a\\*c' }] }, { a: 'abc' }, false],
    [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: '10.0.0.7' }, true],
    [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: '10.0.1.7' }, false],
    [{ a: [{ cidr: '2001:db8::/32' }] }, { a: '2001:db8::1' }, true],
    [{ a: [{ cidr: '10.0.0.0/24' }] }, { a: 'not an address' }, false],
    [{ a: [{ cidr: '2001:db8::/32' }] }, { a: '10.0.0.1' }, false],
    // LocalStack's tests contain these recorded results of AWS.
    [{ a: [{ [NOT]: 'x' }] }, { a: null }, true],
    [{ a: [{ [NOT]: 'x' }] }, { a: 5 }, true],
    [{ a: [{ [NOT]: 'x' }] }, { a: ['x', 'y'] }, true],
    [{ a: [{ [NOT]: 'x' }] }, { a: [] }, false],
    [{ a: [{ [NOT]: { prefix: 'x' } }] }, { a: null }, true],
    [{ a: [{ [NOT]: { wildcard: '' } }] }, { a: 'x' }, true],
    [{ a: [{ exists: true }] }, { a: [] }, false],
    [{ a: [{ exists: false }] }, { a: { b: 1 } }, true],
    [{ a: [null] }, {}, false],
    [{ a: [{ numeric: ['=', 5e9] }] }, { a: 5e9 }, true],
    [{ a: [{ numeric: ['>', 0] }] }, { a: 6e9 }, false],
    [{ a: [{ numeric: ['>=', -1] }] }, { a: -1 }, true],
    [{ a: [{ [SAME]: '' }] }, { a: '' }, true],
    [{ a: [{ wildcard: '*' }] }, { a: '' }, true],
    [{ a: [{ wildcard: 'a*' }] }, { a: 'a\nb' }, true],
    [{ resources: ['arn:1'] }, { resources: ['arn:0', 'arn:1'] }, true],
    [{ resources: ['arn:1'] }, { resources: [] }, false],
    // Inherited properties of JavaScript objects are not fields of an event.
    [{ constructor: [{ exists: true }] }, {}, false],
    [{ a: { length: [{ exists: true }] } }, { a: 'x' }, false],
    [{ $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: 'y' }, true],
    [{ $or: [{ a: ['x'] }, { b: ['y'] }] }, { a: 'y', b: 'x' }, false],
    [{ c: ['z'], $or: [{ a: ['x'] }, { b: ['y'] }] }, { a: 'x' }, false],
    [{ a: { $or: [{ b: ['x'] }, { c: [{ exists: false }] }] } }, { a: { b: 'w' } }, true],
  ])('%j on %j is %s', (pattern, event, matches) => {
    expect(compilePattern(pattern)(event)).toBe(matches);
  });

  test.each([
    [{ contains: 'x' }], [{ prefix: 'a', suffix: 'b' }], [{ prefix: 1 }], [{ prefix: { suffix: 'a' } }], [{ exists: 'yes' }], [{}],
    [{ numeric: ['>', 0, '>', 5] }], [{ numeric: ['<', '5'] }], [{ numeric: [] }], [{ [NOT]: [] }], [{ [NOT]: { numeric: ['=', 1] } }],
    [{ [NOT]: [true] }], [{ [NOT]: null }], [{ [NOT]: ['x', 1] }], [{ [NOT]: { prefix: '' } }], [{ [NOT]: { suffix: ['x', ''] } }], [{ [NOT]: { prefix: { [SAME]: 'x' } } }],
    [{ numeric: ['>', 5, '<', 5] }], [{ numeric: ['>', 6e9] }], [{ [SAME]: ['x'] }], [{ cidr: '10.0.0.0/33' }], [{ cidr: '10.0.0.0/8/8' }], [{ cidr: '10.0.0.0/1e1' }], [['x']],
    [{ wildcard: 'a**b' }], [{ wildcard: 'a\\b' }], [{ wildcard: 'a\\' }], [{ cidr: '10.0.0.0' }], [{ cidr: 'here/8' }], [{ toString: 'a' }],
  ])('%j throws', (rule) => {
    expect(() => compilePattern({ a: { b: [rule] } })).toThrow(`event pattern: the local stack does not support ${JSON.stringify(rule)}`);
  });

  test.each([[{}], [{ a: [] }], [{ a: 'x' }], [{ $or: [{ a: ['x'] }] }], [{ a: {} }]])('%j throws', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow('event pattern: the local stack does not support');
  });
});

test('supports every matcher of the CDK', () => {
  const { Match } = events;
  const rule = new events.Rule(new Stack(new App(), 'Stack'), 'Rule', {
    eventPattern: {
      source: Match.anyOf('vod', Match.prefix('serverless-'), Match.prefixEqualsIgnoreCase('VOD')),
      account: Match.exactString('1'),
      detail: {
        a: Match.anythingBut('x', 'y'), b: Match.anythingButPrefix('x'), c: Match.anythingButSuffix('x'), d: Match.anythingButWildcard('x*'),
        e: Match.anythingButEqualsIgnoreCase('x'), f: Match.cidr('10.0.0.0/8'), g: Match.exists(), h: Match.doesNotExist(), i: Match.equal(1),
        j: Match.equalsIgnoreCase('x'), k: Match.greaterThan(1), l: Match.interval(1, 5), m: Match.suffix('x'), n: Match.suffixEqualsIgnoreCase('x'),
        o: Match.wildcard('x*'), p: Match.allOf(Match.greaterThan(1), Match.lessThan(3)),
      },
    },
  });
  const pattern = Stack.of(rule).resolve((rule.node.defaultChild as events.CfnRule).eventPattern);
  expect(compilePattern(pattern)({
    source: 'serverless-vod',
    account: '1',
    detail: {
      a: 'z', b: 'z', c: 'z', d: 'z', e: 'z', f: '10.1.1.1', g: 0, i: 1, j: 'X', k: 2, l: 5, m: '_x', n: '_X', o: 'xy', p: 2,
    },
  })).toBe(true);
});
