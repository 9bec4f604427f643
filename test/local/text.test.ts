import { logLine, oneLine } from '../../local/text';

test.each([
  ['plain text, ü and 視', 'plain text, ü and 視'],
  ['a\nb\r\tc', 'a\\u{a}b\\u{d}\\u{9}c'],
  ['\u001b[2J', '\\u{1b}[2J'],
  ['\u2028\u2029\u202e\u0085', '\\u{2028}\\u{2029}\\u{202e}\\u{85}'],
])('%j is one line of the console', (text, expected) => {
  expect(oneLine(text)).toBe(expected);
  const log = jest.spyOn(console, 'error').mockImplementation();
  logLine(text);
  expect(log.mock.calls).toEqual([[expected]]);
  log.mockRestore();
});
