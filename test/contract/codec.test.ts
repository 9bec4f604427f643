import { Lazy, Stack, Tokenization } from 'aws-cdk-lib';
import fc from 'fast-check';
import { json, number, text, TokenWriter } from '../../src/contract/codec';
import { readEnvironment, readFromLambda } from '../../src/runtime/read-environment';

const PLAIN: TokenWriter = { json: (value) => JSON.stringify(value), number: String };

describe('values of environment variables', () => {
  test('are the same after rendering and parsing', () => {
    fc.assert(fc.property(fc.string(), fc.integer(), fc.jsonValue(), (string, integer, value) => {
      expect(text.parse(text.render(string, PLAIN))).toBe(string);
      expect(number.parse(number.render(integer, PLAIN))).toBe(integer);
      expect(json().parse(json().render(value, PLAIN))).toEqual(JSON.parse(JSON.stringify(value)));
    }));
  });

  test('can be tokens', () => {
    const stack = new Stack();
    const write: TokenWriter = { json: (value) => stack.toJsonString(value), number: (value) => Tokenization.stringifyNumber(value) };
    const late = Lazy.number({ produce: () => 90 });
    expect(stack.resolve(number.render(late, write))).toBe('90');
    expect(stack.resolve(json<object>().render({ seconds: late, names: Lazy.list({ produce: () => ['"a"'] }) }, write))).toBe('{"seconds":90,"names":["\\"a\\""]}');
  });

  test.each([
    ['{"uploaders":', 'environment variable ROLES: '],
    [undefined, 'environment of catalog/read-videos: missing ROLES'],
  ])('stop the handler at its start if they are missing or malformed: %j', (ROLES, message) => {
    expect(() => readEnvironment('catalog/read-videos', { TABLE_NAME: 'videos', SERVICE_URL: 'https://videos.example.com', ROLES })).toThrow(message);
  });

  test('are read unchanged if Lambda sets them, and a missing one stops the handler', () => {
    expect(readFromLambda('AWS_REGION', { AWS_REGION: 'eu-west-1' })).toBe('eu-west-1');
    expect(() => readFromLambda('AWS_REGION', {})).toThrow('environment variable AWS_REGION: expected the value that Lambda sets, got none');
  });

  test.each(['', ' ', 'x', 'Infinity'])('are rejected if they are not a number: "%s"', (written) => {
    expect(() => number.parse(written)).toThrow(`expected a number, got "${written}"`);
  });
});
