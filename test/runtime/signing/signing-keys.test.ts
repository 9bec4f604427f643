import { signingKeys } from '../../../src/runtime/signing/signing-keys';
import { captureLog } from '../../captured-log';
import { keyPair } from '../../delivery/fake-secrets';

const NOW = new Date('2026-11-20T12:00:00.500Z');
const KEYS = [{ keyPairId: 'KOLD', secretArn: 'arn:old' }, { keyPairId: 'KNEW', secretArn: 'arn:new' }];
const pairs = { KOLD: keyPair('rsa'), KNEW: keyPair('ec') };

describe('signingKeys', () => {
  afterEach(() => { jest.restoreAllMocks(); });

  const client = { send: jest.fn() };
  const MINUTE = 60_000;
  let elapsed = 0;
  beforeEach(() => { elapsed = 0; });
  const choose = (keys: typeof KEYS) => signingKeys({ keys, secrets: client as never, now: () => new Date(NOW.getTime() + elapsed) });
  const stored = (createdAt: string) => async () => ({ SecretString: JSON.stringify({ privateKey: pairs.KNEW.privateKey, createdAt }) });

  test('chooses the first key immediately, even if all keys are new', async () => {
    client.send.mockImplementation(stored(NOW.toISOString()));
    expect(await choose(KEYS)()).toMatchObject({ keyPairId: 'KOLD' });
    expect(await choose([KEYS[1]])()).toMatchObject({ keyPairId: 'KNEW' });
  });

  test('chooses the last declared of several known keys', async () => {
    client.send.mockImplementation(stored('2026-01-01T00:00:00.000Z'));
    const chooseKey = choose([...KEYS, { keyPairId: 'KNEWEST', secretArn: 'arn:newest' }]);
    for (let time = 0; time < 2; time++) expect(await chooseKey()).toMatchObject({ keyPairId: 'KNEWEST' });
  });

  const named = (name: string, message = 'refused') => Object.assign(new Error(message), { name });
  const text = (value: object | string) => ({ SecretString: typeof value === 'string' ? value : JSON.stringify(value) });

  /** Sets the response for each ARN: an error is thrown, a date becomes a valid key with this creation date, and any other object is returned unchanged. */
  function answerWith(answers: Record<string, Error | Date | object>) {
    client.send.mockImplementation(async ({ input: { SecretId } }) => {
      const found = answers[SecretId];
      if (found instanceof Error) throw found;
      return found instanceof Date ? text({ privateKey: pairs.KOLD.privateKey, createdAt: found.toISOString() }) : found;
    });
  }
  const OLD = new Date('2026-01-01T00:00:00.000Z');

  test.each([
    ['is missing', named('ResourceNotFoundException')],
    ['is marked for deletion', named('InvalidRequestException')],
    ['is not readable by IAM', named('AccessDeniedException')],
    ['cannot be decrypted', named('DecryptionFailure')],
    ['cannot be reached', named('TimeoutError')],
    ['is empty', text('')],
    ['is not JSON', text('hunter2-hunter2')],
    ['contains no key', text({ privateKey: 'hunter2-hunter2', createdAt: OLD.toISOString() })],
    ['contains a public key', text({ privateKey: pairs.KNEW.publicKey, createdAt: OLD.toISOString() })],
    ['contains no time', text({ privateKey: pairs.KNEW.privateKey, createdAt: 'hunter2' })],
  ])('chooses an older key while the secret of the newest %s, and logs this without the value', async (_, newest) => {
    const logged = captureLog();
    answerWith({ 'arn:old': OLD, 'arn:new': newest });
    const chooseKey = choose(KEYS);
    expect(await chooseKey()).toMatchObject({ keyPairId: 'KOLD' });
    expect(logged.join()).toMatch(/can't be read.*KNEW/);
    expect(logged.join()).not.toMatch(/hunter2|BEGIN|KOLD/);
    answerWith({ 'arn:old': OLD, 'arn:new': OLD });
    elapsed = MINUTE;
    expect(await chooseKey()).toMatchObject({ keyPairId: 'KNEW' });
  });

  test('chooses an older key while the secret of the newest cannot be read in time', async () => {
    captureLog();
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => timeout(milliseconds / 100));
    const answered = stored(OLD.toISOString());
    client.send.mockImplementation(({ input: { SecretId } }, options) => SecretId === 'arn:old' ? answered() : new Promise((_, reject) => {
      options?.abortSignal.addEventListener('abort', () => reject(named('AbortError')));
    }));
    expect(await choose(KEYS)()).toMatchObject({ keyPairId: 'KOLD' });
  });

  test('reads an unreadable secret again after one minute, not for each call', async () => {
    const logged = captureLog();
    answerWith({ 'arn:old': OLD, 'arn:new': named('ResourceNotFoundException') });
    client.send.mockClear();
    const chooseKey = choose(KEYS);
    for (const [minutes, reads] of [[0, 2], [0, 2], [0.99, 2], [1, 3], [1.5, 3], [2, 4]]) {
      elapsed = minutes * MINUTE;
      expect(await chooseKey()).toMatchObject({ keyPairId: 'KOLD' });
      expect([minutes, client.send.mock.calls.length, logged.length]).toEqual([minutes, reads, reads - 1]);
    }
  });

  test('chooses a key that is too new only until an older key can be read', async () => {
    captureLog();
    const chooseKey = choose(KEYS);
    answerWith({ 'arn:old': named('ThrottlingException'), 'arn:new': NOW });
    expect(await chooseKey()).toMatchObject({ keyPairId: 'KNEW' });
    answerWith({ 'arn:old': OLD, 'arn:new': NOW });
    expect(await chooseKey()).toMatchObject({ keyPairId: 'KOLD' });
  });

  test('chooses the oldest of the keys that are too new if there is no other key', async () => {
    captureLog();
    const keys = [...KEYS, { keyPairId: 'KNEWEST', secretArn: 'arn:newest' }];
    answerWith({ 'arn:old': named('AccessDeniedException'), 'arn:new': NOW, 'arn:newest': NOW });
    expect(await choose(keys)()).toMatchObject({ keyPairId: 'KNEW' });
    answerWith({ 'arn:old': OLD, 'arn:new': named('AccessDeniedException'), 'arn:newest': NOW });
    expect(await choose(keys)()).toMatchObject({ keyPairId: 'KOLD' });
  });

  test('fails without revealing a value if no key can be read, and retries later', async () => {
    const logged = captureLog();
    const chooseKey = choose(KEYS);
    answerWith({ 'arn:old': text('hunter2'), 'arn:new': named('AccessDeniedException') });
    await expect(chooseKey()).rejects.toThrow('none of the 2 signing keys can be read');
    expect(logged.join()).toMatch(/KNEW.*KOLD/);
    expect(logged.join()).not.toContain('hunter2');
    answerWith({ 'arn:old': OLD, 'arn:new': NOW });
    await expect(chooseKey()).resolves.toHaveProperty('privateKey');
  });

  test('parses a key only once', async () => {
    const parse = jest.spyOn(jest.requireActual<typeof import('crypto')>('crypto'), 'createPrivateKey');
    answerWith({ 'arn:old': OLD });
    const chooseKey = choose([KEYS[0]]);
    for (let time = 0; time < 3; time++) await chooseKey();
    expect(parse).toHaveBeenCalledTimes(1);
  });
});
