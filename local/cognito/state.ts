import { randomBytes } from 'crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'fs';
import { join } from 'path';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };

const read = (file: string) => existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
function write(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What makes a sign-in outlive a restart: the key that signs tokens, and a seed that all other secrets are derived from. */
export async function loadState(folder: string): Promise<{ key: JWK; seed: string }> {
  const file = join(folder, 'state.json');
  if (existsSync(file)) return read(file);
  const { exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const secret = () => randomBytes(32).toString('base64url');
  const state = { seed: secret(), key: { ...await exportJWK(privateKey), kid: secret(), alg: 'RS256', use: 'sig' } };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  write(file, state);
  return state;
}

/** The authorization server's storage: one small file, written whole on each change. */
export function fileAdapter(folder: string) {
  const file = join(folder, 'sessions.json');
  const entries = new Map<string, { payload: Record<string, any>; expiresAt: number }>(read(file));
  const change = async (work: () => unknown) => {
    work();
    for (const [key, { expiresAt }] of entries) if (expiresAt < Date.now()) entries.delete(key);
    write(file, [...entries]);
  };
  return (model: string) => ({
    find: async (id: string) => entries.get(`${model}:${id}`)?.payload,
    findByUid: async (uid: string) => [...entries].find(([key, { payload }]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1].payload,
    upsert: (id: string, payload: Record<string, any>, expiresIn: number) =>
      change(() => entries.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 })),
    consume: (id: string) => change(() => Object.assign(entries.get(`${model}:${id}`)!.payload, { consumed: Math.floor(Date.now() / 1000) })),
    destroy: (id: string) => change(() => entries.delete(`${model}:${id}`)),
    revokeByGrantId: (grantId: string) => change(() => entries.forEach(({ payload }, key) => payload.grantId === grantId && entries.delete(key))),
  });
}
