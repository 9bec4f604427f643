import { createECDH, createHash, createHmac, KeyObject, randomBytes, sign } from 'crypto';

export type Sign = (message: Buffer) => Buffer;

/** The order of the base point of P-256 (FIPS 186-5, SP 800-186). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BYTES = 32;

/**
 * Returns a function that signs with SHA-256 and returns equal signatures for equal messages.
 *
 * For ECDSA, Node's `sign` chooses a new random number for each signature. This function derives the number from the key and the message (RFC 6979), and uses
 * Node's implementation of the curve. Signatures of RSA keys (PKCS #1 v1.5) are always deterministic.
 *
 * @param privateKey an ECDSA key of the curve P-256, or an RSA key
 */
export function deterministicSigner(privateKey: KeyObject): Sign {
  if (privateKey.asymmetricKeyType === 'rsa') return (message) => sign('sha256', message, privateKey);
  const { crv, d } = privateKey.export({ format: 'jwk' });
  if (crv !== 'P-256') throw new Error(`expected an RSA key or an ECDSA key of the curve P-256, got ${privateKey.asymmetricKeyType} ${crv ?? ''}`);
  const scalar = toNumber(Buffer.from(d!, 'base64url'));
  const secret = toBytes(scalar);
  const curve = createECDH('prime256v1');
  return (message) => {
    const hash = modulo(toNumber(createHash('sha256').update(message).digest()));
    for (const nonce of noncesOf(secret, toBytes(hash))) {
      curve.setPrivateKey(toBytes(nonce));
      // A compressed point is one byte for the sign of y, and then x.
      const r = modulo(toNumber(curve.getPublicKey(null, 'compressed').subarray(1)));
      // This random factor does not change the result. Without the factor, the duration of the arithmetic could reveal the nonce and the key.
      const blind = modulo(toNumber(randomBytes(BYTES))) || 1n;
      const s = modulo(inverse(modulo(nonce * blind)) * modulo(blind * hash + modulo(blind * scalar) * r));
      if (r !== 0n && s !== 0n) return derSequence(r, s);
    }
    throw new Error('unreachable: the generator does not end');
  };
}

/** The numbers of RFC 6979, section 3.2, in order. `hash` is already reduced (`bits2octets`). */
function* noncesOf(secret: Buffer, hash: Buffer): Generator<bigint, void> {
  const hmac = (key: Buffer, ...data: Buffer[]): Buffer => createHmac('sha256', key).update(Buffer.concat(data)).digest();
  let value: Buffer = Buffer.alloc(BYTES, 1);
  let key: Buffer = Buffer.alloc(BYTES);
  for (const round of [0, 1]) {
    key = hmac(key, value, Buffer.from([round]), secret, hash);
    value = hmac(key, value);
  }
  for (;;) {
    value = hmac(key, value);
    const nonce = toNumber(value);
    if (nonce > 0n && nonce < ORDER) yield nonce;
    key = hmac(key, value, Buffer.from([0]));
    value = hmac(key, value);
  }
}

function modulo(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** The extended Euclidean algorithm. */
function inverse(value: bigint): bigint {
  let [previous, rest, before, factor] = [ORDER, value, 0n, 1n];
  while (rest !== 0n) {
    const quotient = previous / rest;
    [previous, rest] = [rest, previous - quotient * rest];
    [before, factor] = [factor, before - quotient * factor];
  }
  return modulo(before);
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(BYTES * 2, '0'), 'hex');
}

/** The format of ECDSA signatures in CloudFront and in Node: the DER encoding of a sequence of two integers (RFC 3279, section 2.2.3). */
function derSequence(...numbers: bigint[]): Buffer {
  const integers = Buffer.concat(numbers.map(derInteger));
  return Buffer.concat([Buffer.from([0x30, integers.length]), integers]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex');
  // A first bit of 1 would mean a negative integer.
  const content = bytes[0] >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}
