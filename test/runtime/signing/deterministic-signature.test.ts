import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, KeyObject, sign, verify } from 'crypto';
import { deterministicSigner } from '../../../src/runtime/signing/deterministic-signature';

/** The key of the examples in RFC 6979, appendix A.2.5. */
const D = 'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721';

function keyOf(d: string): KeyObject {
  const curve = createECDH('prime256v1');
  const scalar = Buffer.from(d.padStart(64, '0'), 'hex');
  curve.setPrivateKey(scalar);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((bytes) => bytes.toString('base64url'));
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d: scalar.toString('base64url'), x, y } });
}

/** Decodes DER strictly: each integer has the shortest encoding. */
function integersOf(der: Buffer): string[] {
  expect([der[0], der[1]]).toEqual([0x30, der.length - 2]);
  const length = der[3];
  return [der.subarray(2, 4 + length), der.subarray(4 + length)].map((integer) => {
    expect([integer[0], integer[1]]).toEqual([0x02, integer.length - 2]);
    const [first, second] = integer.subarray(2);
    expect(first < 0x80 && (first > 0 || second >= 0x80)).toBe(true);
    return integer.subarray(2).toString('hex').toUpperCase().replace(/^00/, '').padStart(64, '0');
  });
}

describe('deterministicSigner', () => {
  test.each([
    ['sample', 'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716', 'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8'],
    ['test', 'F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367', '019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083'],
  ])('returns the signature of RFC 6979 for %j', (message, r, s) => {
    expect(integersOf(deterministicSigner(keyOf(D))(Buffer.from(message)))).toEqual([r, s]);
  });

  test('Node verifies the signatures of many keys and messages, and equal messages have equal signatures', () => {
    const lengths = new Set<number>();
    for (let index = 0; index < 300; index++) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const message = Buffer.from(`message ${index}`);
      const signature = deterministicSigner(privateKey)(message);
      expect(verify('sha256', message, publicKey, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('other'), publicKey, signature)).toBe(false);
      expect(deterministicSigner(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })))(message)).toEqual(signature);
      integersOf(signature);
      lengths.add(signature.length);
    }
    // Numbers with a first bit of 1 need one more byte, so not all signatures have the same length.
    expect(lengths.size).toBeGreaterThan(1);
  });

  test.each([['1', 'the smallest private key'], ['FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550', 'the largest private key']])('signs with %s, %s', (d) => {
    const key = keyOf(d);
    const signer = deterministicSigner(key);
    for (let index = 0; index < 50; index++) {
      const message = Buffer.from(String(index));
      expect(verify('sha256', message, createPublicKey(key), signer(message))).toBe(true);
    }
  });

  test('signatures of one key never have the same r, which would reveal the key', () => {
    const signer = deterministicSigner(keyOf(D));
    const values = Array.from({ length: 500 }, (_, index) => integersOf(signer(Buffer.from(String(index))))[0]);
    expect(new Set(values).size).toBe(values.length);
  });

  test('signs with an RSA key as Node does', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const message = Buffer.from('message');
    expect(deterministicSigner(privateKey)(message)).toEqual(sign('sha256', message, privateKey));
  });

  test('rejects keys of other curves', () => {
    expect(() => deterministicSigner(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)).toThrow('expected an RSA key or an ECDSA key of the curve P-256, got ec P-384');
    expect(() => deterministicSigner(generateKeyPairSync('ed25519').privateKey)).toThrow('got ed25519 Ed25519');
  });
});
