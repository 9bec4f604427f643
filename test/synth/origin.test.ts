import { Lazy } from 'aws-cdk-lib';
import { appOriginsProblems, originProblem } from '../../src/synth/origin';

describe('originProblem', () => {
  test.each([
    'https://app.example.com', 'https://app.example.com:8443', 'https://xn--bcher-kva.example', 'https://192.0.2.1', 'https://[2001:db8::1]',
    'http://localhost', 'http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:3000',
  ])('accepts %s', (value) => expect(originProblem('origin', value)).toBeUndefined());

  test.each([
    ['https://app.example.com/', 'did you mean "https://app.example.com"?'],
    ['https://App.example.com', 'did you mean "https://app.example.com"?'],
    ['https://app.example.com.', 'did you mean "https://app.example.com"?'],
    ['HTTPS://app.example.com', 'did you mean "https://app.example.com"?'],
    ['https://app.example.com:443', 'did you mean "https://app.example.com"?'],
    ['https://bücher.example', 'did you mean "https://xn--bcher-kva.example"?'],
    ['https://app.example.com/path', 'no path'],
    ['https://app.example.com?a=b', 'no path'],
    ['https://app.example.com#a', 'no path'],
    ['https://user@app.example.com', 'did you mean "https://app.example.com"?'],
    ['https://user:secret@app.example.com', 'expected an origin'],
    [' https://app.example.com', 'did you mean "https://app.example.com"?'],
    ['https://app.example.com\\evil', 'expected an origin'],
    ['https://app.example.com:70000', 'expected an origin'],
    ['https://*.example.com', 'expected an origin'],
    ['https://%2a.example.com', 'expected an origin'],
    ['https://a"b.example.com', 'expected an origin'],
    ['https://$a.example.com', 'expected an origin'],
    ['*', 'expected an origin'],
    ['null', 'expected an origin'],
    ['app.example.com', 'expected an origin'],
    ['localhost:5173', 'expected an origin'],
    ['ftp://app.example.com', 'expected an origin'],
    ['javascript:alert(1)', 'expected an origin'],
    ['http://app.example.com', 'expected https (http is for localhost only)'],
    ['http://localhost.example.com', 'expected https (http is for localhost only)'],
    ['http://0.0.0.0:3000', 'expected https (http is for localhost only)'],
    ['http://127.1', 'did you mean "http://127.0.0.1"?'],
    [new URL('https://app.example.com'), 'got an object of class URL'],
    [443, 'got 443'],
  ])('rejects %s', (value, problem) => expect(originProblem('appOrigins[0]', value)).toMatch(new RegExp(`^appOrigins\\[0\\]: .*${problem.replace(/[[\](){}.?*]/g, '\\$&')}`)));

  test('accepts a token, unless it ends with a slash', () => {
    const later = Lazy.string({ produce: () => 'app.example.com' });
    expect(originProblem('origin', `https://${later}`)).toBeUndefined();
    expect(originProblem('origin', `https://${later}/`)).toContain('trailing slash');
  });
});

describe('appOrigins', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `https://app-${index}.example.com`);
  const problemsOf = (origins: unknown) => appOriginsProblems(origins).filter((problem) => problem !== undefined);

  test('rejects an origin that is listed twice', () => expect(problemsOf([...many(2), 'https://app-1.example.com'])).toEqual([
    'appOrigins: expected each origin only once, got https://app-1.example.com more than once',
  ]));

  test('accepts 200 origins', () => expect(problemsOf(many(200))).toEqual([]));
});
