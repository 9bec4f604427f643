import { itemSize } from '../../../../local/services/dynamodb/item-size';

// Sizes as defined in "DynamoDB item sizes and formats" of the DynamoDB Developer Guide.
test.each<[string, object, number]>([
  ['text', { S: 'Grüße €' }, 11],
  ['a number', { N: '123' }, 3],
  ['a number with zeros at its ends', { N: '-0012300' }, 3],
  ['a number with an exponent', { N: '1.25e+100' }, 3],
  ['bytes', { B: Buffer.alloc(5).toString('base64') }, 5],
  ['a truth value', { BOOL: true }, 1],
  ['null', { NULL: true }, 1],
  ['a set of texts', { SS: ['a', 'é'] }, 3],
  ['a set of numbers', { NS: ['1', '123'] }, 5],
  ['a list', { L: [{ S: 'ab' }, { L: [] }] }, 3 + 1 + 2 + 1 + 3],
  ['a map', { M: { é: { S: 'ab' } } }, 3 + 1 + 2 + 2],
])('the size of %s', (_, value, bytes) => {
  expect(itemSize({ name: value })).toBe('name'.length + bytes);
});
