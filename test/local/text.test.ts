import { logLine, oneLine } from '../../local/text';

test.each([
  ['plain text, ü and 視', 'plain text, ü and 視'],
  ['a\nb\r\tc', 'a\\u000ab\\u000d\\u0009c'],
  ['\u001b[2J', '\\u001b[2J'],
  ['\u2028\u2029\u202e\u0085', '\\u2028\\u2029\\u202e\\u0085'],
  ['\u{e0041}', '\\udb40\\udc41'],
])('%j is written as one line', (text, expected) => {
  expect(oneLine(text)).toBe(expected);
  const log = jest.spyOn(console, 'error').mockImplementation();
  logLine(text);
  expect(log.mock.calls).toEqual([[expected]]);
  log.mockRestore();
});

test('a line of JSON stays one line', () => {
  const record = { key: 'a\u009b2J\u007f\u202e\u{e0041}' };
  expect(oneLine(JSON.stringify(record))).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(oneLine(JSON.stringify(record)))).toEqual(record);
});
