import { createHmac, randomBytes } from 'crypto';
import { mkdirSync } from 'fs';
import { join } from 'path';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { readJson, writeJson } from '../services/json';

/** Persistent keys and secrets of an issuer, so that a sign-in survives a restart. */
export interface IssuerState {
  readonly key: JWK;
  readonly derived: (purpose: string) => string;
}

interface Kept { readonly key: JWK; readonly seed: string }

const secret = () => randomBytes(32).toString('base64url');

async function makeKey(): Promise<JWK> {
  const { exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...await exportJWK(privateKey), kid: secret(), alg: 'RS256', use: 'sig' };
}

/**
 * Reads or creates an issuer's state.
 *
 * @param newKey - whether to create a new signing key
 */
export async function loadState(folder: string, newKey = false): Promise<IssuerState> {
  const file = join(folder, 'state.json');
  const kept: Kept | undefined = readJson(file);
  const { key, seed } = kept && !newKey ? kept : { seed: kept?.seed ?? secret(), key: await makeKey() };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (key !== kept?.key) writeJson(file, { seed, key } satisfies Kept);
  return { key, derived: (purpose) => createHmac('sha256', seed).update(purpose).digest('hex') };
}

export const publicKeys = ({ key: { d, p, q, dp, dq, qi, ...publicKey } }: IssuerState) => ({ keys: [publicKey] });

/**
 * The authorization server's storage: one small file, rewritten on each change.
 *
 * @param graceSeconds - how long a client can use a rotated refresh token again. Without a grace period, the second use of a refresh token ends the sign-in.
 */
export function fileAdapter(folder: string, graceSeconds: (clientId: string) => number | undefined = () => undefined) {
  const file = join(folder, 'sessions.json');
  const entries = new Map<string, { payload: Record<string, any>; expiresAt: number }>(readJson(file));
  const change = async (work: () => unknown) => {
    work();
    for (const [key, { expiresAt }] of entries) if (expiresAt <= Date.now()) entries.delete(key);
    writeJson(file, [...entries]);
  };
  const live = (key: string) => {
    const entry = entries.get(key);
    return entry && !(entry.expiresAt <= Date.now()) ? entry : undefined;
  };
  return (model: string) => ({
    find: async (id: string) => live(`${model}:${id}`)?.payload,
    findByUid: async (uid: string) => [...entries].find(([key, { payload }]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1].payload,
    upsert: (id: string, payload: Record<string, any>, expiresIn: number) =>
      change(() => entries.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 })),
    consume: (id: string) => change(() => {
      const entry = live(`${model}:${id}`);
      if (!entry) return;
      const grace = model === 'RefreshToken' ? graceSeconds(entry.payload.clientId) : undefined;
      // A second use within the grace period must not extend the grace period.
      if (grace !== undefined) entry.expiresAt = Math.min(entry.expiresAt, Date.now() + grace * 1000);
      else entry.payload.consumed = Math.floor(Date.now() / 1000);
    }),
    destroy: (id: string) => change(() => entries.delete(`${model}:${id}`)),
    findByUserCode: async () => undefined,
    revokeByGrantId: (grantId: string) => change(() => entries.forEach(({ payload }, key) => payload.grantId === grantId && entries.delete(key))),
  });
}
