import { apiEvent } from './api-event';
import { HttpProblem } from '../../src/runtime/http-problem';
import { readHeaders } from '../../src/runtime/read-request';

const headers = { 'if-match': { type: 'string', pattern: '^"\\d+"$' }, 'x-count': { type: 'integer', minimum: 1 } } as const;
const read = (given: Record<string, any>) => readHeaders({ headers }, apiEvent('GET', '/streams', { headers: given }));

describe('headers of a request', () => {
  test('reads only the headers of the route, with lower-case names and the types of their schemas', () => {
    expect(read({ 'If-Match': '"7"', 'X-COUNT': '5', 'authorization': 'token', 'constructor': 'x' })).toEqual({ 'if-match': '"7"', 'x-count': 5 });
    expect(read({})).toEqual({});
    expect(readHeaders({}, apiEvent('GET', '/streams', { headers: { 'if-match': '"7"' } }))).toEqual({});
  });

  test.each([
    ['if-match', { 'If-Match': '7' }],
    ['if-match', { 'if-match': undefined }],
    ['x-count', { 'X-Count': '0' }],
    ['x-count', { 'X-Count': 'ten' }],
  ])('rejects the header %s if it does not match its schema: %j', (pointer, given) => {
    const refused = expect.objectContaining({ code: 'invalid_request', errors: [expect.objectContaining({ pointer })] });
    expect(() => read(given)).toThrow(HttpProblem);
    expect(() => read(given)).toThrow(refused);
  });
});
