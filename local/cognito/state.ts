import { randomBytes, randomUUID } from 'crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'fs';
import { join } from 'path';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };

/** What makes a sign-in outlive a restart. */
export interface State {
  readonly key: JWK;
  readonly cookieKey: string;
  /** By client id. */
  readonly secrets: Record<string, string>;
  /** By user name. */
  readonly subs: Record<string, string>;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeJson(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Reads the pool's keys, secrets and subjects, and makes those that are missing. */
export async function loadState(folder: string, clientIds: string[], usernames: string[]): Promise<State> {
  const { exportJWK, generateKeyPair } = await import('jose');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const file = join(folder, 'state.json');
  const found = readJson<State>(file);
  const newKey = async (): Promise<JWK> => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    return { ...await exportJWK(privateKey), kid: randomBytes(32).toString('base64url'), alg: 'RS256', use: 'sig' };
  };
  const each = (names: string[], known: Record<string, string> | undefined, make: () => string) =>
    ({ ...known, ...Object.fromEntries(names.map((name) => [name, known?.[name] ?? make()])) });
  const state: State = {
    key: found?.key ?? await newKey(),
    cookieKey: found?.cookieKey ?? randomBytes(32).toString('base64url'),
    secrets: each(clientIds, found?.secrets, () => randomBytes(25).toString('hex')),
    subs: each(usernames, found?.subs, randomUUID),
  };
  writeJson(file, state);
  return state;
}

interface Entry { payload: Record<string, any>; expiresAt: number }

/** The authorization server's storage: one small file, written whole on each change. */
export function fileAdapter(folder: string) {
  const file = join(folder, 'sessions.json');
  const entries = new Map<string, Entry>(Object.entries(readJson<Record<string, Entry>>(file) ?? {}));
  const save = () => {
    for (const [key, { expiresAt }] of entries) if (expiresAt < Date.now()) entries.delete(key);
    writeJson(file, Object.fromEntries(entries));
  };
  return (model: string) => ({
    async upsert(id: string, payload: Record<string, any>, expiresIn: number) {
      entries.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 });
      save();
    },
    async find(id: string) {
      return entries.get(`${model}:${id}`)?.payload;
    },
    async findByUid(uid: string) {
      return [...entries].find(([key, { payload }]) => key.startsWith(`${model}:`) && payload.uid === uid)?.[1].payload;
    },
    async consume(id: string) {
      entries.get(`${model}:${id}`)!.payload.consumed = Math.floor(Date.now() / 1000);
      save();
    },
    async destroy(id: string) {
      entries.delete(`${model}:${id}`);
      save();
    },
    async revokeByGrantId(grantId: string) {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
      save();
    },
  });
}
