import * as fc from 'fast-check';
import { allowedReturn } from '../../../src/auth/sign-in/return-to.runtime';

const ORIGINS = ['https://videos.example.com', 'http://localhost:5173'];

test.each([
  ['/', 'https://videos.example.com/'],
  ['/watch?v=1&t=2#end', 'https://videos.example.com/watch?v=1&t=2#end'],
  ['/a/../b', 'https://videos.example.com/b'],
  ['/..//evil.example', 'https://videos.example.com//evil.example'],
  ['/@evil.example', 'https://videos.example.com/@evil.example'],
  ['/grüße', 'https://videos.example.com/gr%C3%BC%C3%9Fe'],
  ['https://videos.example.com', 'https://videos.example.com/'],
  ['HTTPS://VIDEOS.EXAMPLE.COM:443/x', 'https://videos.example.com/x'],
  ['http://localhost:5173/page', 'http://localhost:5173/page'],
])('returns the URL for %j: %s', (returnTo, expected) => {
  expect(allowedReturn(returnTo, ORIGINS)).toBe(expected);
});

test.each([
  '', 'watch', '?a', '#a', '.', '//evil.example', '//videos.example.com/', '///evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example',
  ' /', '/ ', '/a b', '/\u0000', '/\u007f', 'https://evil.example/', 'https:evil.example', 'https:/evil.example', 'https:\\\\evil.example',
  'http://videos.example.com/', 'https://videos.example.com:8443/', 'https://videos.example.com.evil.example/', 'https://x.videos.example.com/',
  'https://videos.example.com@evil.example/', 'https://user@videos.example.com/', 'https://user:password@videos.example.com/', 'https://:p@videos.example.com/',
  'http://localhost/', 'http://localhost:5174/', 'javascript:alert(1)', 'data:text/html,x', 'blob:https://videos.example.com/x', 'file:///etc/passwd',
  'ftp://videos.example.com/', 'wss://videos.example.com/',
])('rejects %j', (returnTo) => {
  expect(allowedReturn(returnTo, ORIGINS)).toBeUndefined();
});

test.each([['x', 485], ['ü', 80]])('limits the length of the escaped URL: %s', (character, most) => {
  expect(allowedReturn(`/${character.repeat(most)}`, ORIGINS)!.length).toBeGreaterThan(512 - 6);
  expect(allowedReturn(`/${character.repeat(most + 1)}`, ORIGINS)).toBeUndefined();
});

test('returns only URLs with http(s), on an allowed origin, without user info, which it would return again', () => {
  const piece = fc.oneof(
    fc.constantFrom('/', '//', '\\', '@', ':', '?', '#', '.', '..', '%2f', '%5c', '\t', '\n', ' ', 'https:', 'http:', 'blob:', 'javascript:', ...ORIGINS,
      'videos.example.com', 'evil.example', 'localhost:5173', '\u3002', '\uff0f', '[::1]'),
    fc.string({ maxLength: 4, unit: 'binary' }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')), (returnTo) => {
    const allowed = allowedReturn(returnTo, ORIGINS);
    if (allowed === undefined) return;
    const url = new URL(allowed);
    expect(ORIGINS).toContain(`${url.protocol}//${url.host}`);
    expect(url.username + url.password).toBe('');
    expect(ORIGINS.some((origin) => allowed.startsWith(`${origin}/`))).toBe(true);
    expect(allowed).not.toMatch(/[\u0000-\u0020\u007f\\]/);
    expect(allowedReturn(allowed, ORIGINS)).toBe(allowed);
  }), { numRuns: 1000 });
});
