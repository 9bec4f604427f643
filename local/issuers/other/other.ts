import { join } from 'path';
import { createOtherProvider } from './provider';
import { startSignIn } from '../server';
import { fileAdapter, loadState, type IssuerState } from '../state';
import { sampleUsers, type LocalUser } from '../users';

interface OtherIssuerOptions {
  readonly dataFolder: string; readonly port: number; readonly divideLifetimes?: number; readonly here?: (audience: string) => string;
}

export async function startOtherIssuer({ dataFolder, port, divideLifetimes = 1, here = (audience) => audience }: OtherIssuerOptions) {
  const folder = join(dataFolder, 'identity');
  const issuer = `http://127.0.0.1:${port}`;
  const adapter = fileAdapter(folder);
  const first = await loadState(folder);
  // These user ids are not UUIDs, and key rotation doesn't change them.
  const subOf = ({ username }: LocalUser) => `sample|${first.derived(`user ${username}`).slice(0, 24)}`;
  // oidc-provider reads its keys only once, so new keys require a new provider with the same storage.
  const providerWith = (state: IssuerState) => createOtherProvider({ issuer, state, adapter, users: sampleUsers, subOf, divideLifetimes, here });
  let provider = await providerWith(first);

  const listening = await startSignIn({
    name: 'identity', port, users: sampleUsers, subOf, provider: () => provider,
    async before({ method }, response, { pathname }) {
      if (method !== 'POST' || pathname !== '/rotate-keys') return false;
      provider = await providerWith(await loadState(folder, true));
      response.writeHead(204).end();
      return true;
    },
  });
  return { ...listening, issuer, users: sampleUsers };
}
