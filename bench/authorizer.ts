import { generateKeyPairSync, KeyObject, sign, verify } from 'crypto';
import { createServer } from 'http';
import type { AddressInfo } from 'net';
import * as path from 'path';

const CALLS = 2000;
const AIM_MS = 2;

type Authorizer = (event: { type: 'TOKEN'; authorizationToken: string; methodArn: string }) => Promise<unknown>;

async function median(call: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < CALLS; count++) {
    const start = process.hrtime.bigint();
    await call();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[CALLS / 2];
}

/** Creates a signed token, and a function that only checks this token's signature. */
function signed(alg: string, privateKey: KeyObject, publicKey: KeyObject, claims: object) {
  const [header, payload] = [{ alg, kid: alg, typ: 'JWT' }, claims].map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const content = Buffer.from(`${header}.${payload}`);
  const signature = sign('sha256', content, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    token: `${header}.${payload}.${signature.toString('base64url')}`,
    checkSignature: () => verify('sha256', content, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

export async function authorizerRows(assets: string): Promise<Record<string, object>> {
  const keys = { RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }), ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  const keySet = JSON.stringify({ keys: Object.entries(keys).map(([alg, { publicKey }]) => ({ ...publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' })) });
  let fetched = 0;
  const server = createServer((_, response) => {
    fetched++;
    response.end(keySet);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.TOKEN_RULES = JSON.stringify({ issuer, audiences: ['web'], use: 'id', groupsClaim: 'groups', jwksUri: `${issuer}/keys` });
  const { handler } = await import(path.join(assets, 'auth', 'authorize-token', 'index.js')) as { handler: Authorizer };

  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: 'web', sub: 'user', iat: now, exp: now + 3600, groups: ['uploaders', 'admins'] };
  const rows: Record<string, object> = {};
  for (const [alg, { privateKey, publicKey }] of Object.entries(keys)) {
    const { token, checkSignature } = signed(alg, privateKey, publicKey, claims);
    const call = () => handler({ type: 'TOKEN', authorizationToken: token, methodArn: 'arn:aws:execute-api:eu-west-1:1:api/api/GET/streams' });
    const start = process.hrtime.bigint();
    await call();
    const first = Number(process.hrtime.bigint() - start) / 1e6;
    const [warm, bare] = [await median(call), await median(checkSignature)];
    rows[`auth/authorize-token, ${alg}`] = {
      'first call ms': Number(first.toFixed(1)),
      'warm call ms': Number(warm.toFixed(3)),
      'aim ms': AIM_MS,
      'time of a warm call / time of a signature check': Number((warm / bare).toFixed(1)),
    };
  }
  server.close();
  if (fetched !== 1) throw new Error(`expected 1 fetch of the key set during warm calls, got ${fetched}`);
  return rows;
}
