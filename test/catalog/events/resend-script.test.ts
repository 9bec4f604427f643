import { spawnSync } from 'child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import * as path from 'path';

/** `sleep` does not wait, and the AWS CLI is a fake: each call returns the next entry of `answers`. */
function run(answers: readonly string[], args: readonly string[], found = 'resend-function') {
  const folder = mkdtempSync(path.join(tmpdir(), 'resend-'));
  const put = (name: string, content: string | Buffer, mode?: number) => writeFileSync(path.join(folder, name), content, { mode });
  const script = readFileSync(path.join(__dirname, '../../../docs/resend.sh'));
  put('resend.sh', script);
  put('answers', answers.map((answer) => `${answer}\n`).join(''));
  put('requests', '');
  put('sleep', '#!/bin/sh\n', 0o755);
  put('aws', [
    '#!/bin/sh', '[ "$1" = lambda ] || { echo "$FOUND"; exit; }', 'for last; do :; done', 'while [ "$1" != --payload ]; do shift; done', `cd ${folder}`,
    'echo "$2" >> requests', 'line=$(sed -n "$(wc -l < requests)p" answers)', 'if [ "$line" = broken ]; then exit 255; fi', 'printf %s "$line" > "$last"', '',
  ].join('\n'), 0o755);
  const { status, stderr } = spawnSync('sh', [path.join(folder, 'resend.sh'), ...args], { env: { STACK: 'Vod', FOUND: found, PATH: `${folder}:${process.env.PATH}` }, encoding: 'utf8' });
  const requests = readFileSync(path.join(folder, 'requests'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  rmSync(folder, { recursive: true });
  return { status, stderr, requests };
}

const from = (after?: string) => ({ source: 'table', after });

test('resend.sh calls the function until everything is sent, and continues after a failure from the same place', () => {
  const { status, requests } = run([
    '{"sent":0,"failed":0,"error":"Error: throttled"}', '{"sent":5,"failed":0,"next":"video#1 video"}',
    '{"sent":0,"failed":1,"next":"video#2 video","error":"Error: \\"next\\": \\"no\\""}', '{"sent":1,"failed":0}',
  ], ['table']);
  expect(requests).toEqual([from(), from(), from('video#1 video'), from('video#2 video')]);
  expect(status).toBe(0);
});

test.each<[string, string[], number]>([
  ['five failures at the same place', Array(9).fill('{"sent":0,"failed":0,"next":"video#1 video","error":"Error: no bus"}'), 6],
  ['a function that ends early', ['{"errorMessage":"Task timed out"}'], 2],
  ['a call that fails', ['broken'], 2],
])('resend.sh stops after %s and prints the command that continues', (_, answers, count) => {
  const { status, stderr, requests } = run(['{"sent":5,"failed":0,"next":"video#1 video"}', ...answers], ['table']);
  expect(requests).toEqual([from(), ...Array(count - 1).fill(from('video#1 video'))]);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toMatch(/continue with: sh resend.sh table "video#1 video"\n$/);
});

test('resend.sh fails if the stack does not exist', () => {
  const { status, stderr, requests } = run([], ['table'], '');
  expect(requests).toEqual([]);
  expect(status).toBe(1);
  expect(stderr).toBe('stack \'Vod\' has no function for resends: check the name, the region and the account. The construct id of ServerlessVod must be Vod\n');
});
