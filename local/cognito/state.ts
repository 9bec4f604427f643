import { randomBytes } from 'crypto';
import { mkdirSync } from 'fs';
import { join } from 'path';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { readJson, writeJson } from '../services/json';

/** What makes a sign-in outlive a restart: the key that signs tokens, and a seed that all other secrets are derived from. */
export async function loadState(folder: string): Promise<{ key: JWK; seed: string }> {
  const file = join(folder, 'state.json');
  const kept = readJson(file);
  if (kept) return kept;
  const { exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secret = () => randomBytes(32).toString('base64url');
  const state = { seed: secret(), key: { ...await exportJWK(privateKey), kid: secret(), alg: 'RS256', use: 'sig' } };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeJson(file, state);
  return state;
}

/** The authorization server's storage: one small file, written whole on each change. */
export function fileAdapter(folder: string) {
  const file = join(folder, 'sessions.json');
  const entries = new Map<string, { payload: Record<string, any>; expiresAt: number }>(readJson(file));
  const change = async (work: () => unknown) => {
    work();
    for (const [key, { expiresAt }] of entries) if (expiresAt < Date.now()) entries.delete(key);
    writeJson(file, [...entries]);
  };
  return (model: string) => ({
    find: async (id: string) => entries.get(`${model}:${id}`)?.payload,
    findByUid: async (uid: string) => [...entries].find(([key, { payload }]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1].payload,
    upsert: (id: string, payload: Record<string, any>, expiresIn: number) =>
      change(() => entries.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 })),
    consume: (id: string) => change(() => Object.assign(entries.get(`${model}:${id}`)!.payload, { consumed: Math.floor(Date.now() / 1000) })),
    destroy: (id: string) => change(() => entries.delete(`${model}:${id}`)),
    findByUserCode: async () => undefined,
    revokeByGrantId: (grantId: string) => change(() => entries.forEach(({ payload }, key) => payload.grantId === grantId && entries.delete(key))),
  });
}
