import { join } from 'path';
import { createProvider } from './provider';
import { startSignIn } from '../sign-in/server';
import { fileAdapter, loadState } from '../sign-in/state';
import { sampleUsers, type LocalUser } from '../sign-in/users';

interface IdentityOptions { readonly dataFolder: string; readonly port: number; readonly divideLifetimes?: number }

/** The issuer that stands for whatever a team has: the sample users with all their groups, and one client, `web`. */
export async function startIdentity({ dataFolder, port, divideLifetimes = 1 }: IdentityOptions) {
  const folder = join(dataFolder, 'identity');
  const issuer = `http://127.0.0.1:${port}`;
  const adapter = fileAdapter(folder);
  const { derived } = await loadState(folder);
  // Not a UUID, as with most issuers.
  const subOf = ({ username }: LocalUser) => `sample|${derived(`user ${username}`).slice(0, 24)}`;
  // The library reads its keys once: with other keys it is another provider, over the same storage.
  const providerWith = async (newKey: boolean) =>
    createProvider({ issuer, state: await loadState(folder, newKey), adapter, users: sampleUsers, subOf, divideLifetimes });
  let provider = await providerWith(false);

  const listening = await startSignIn({
    name: 'identity', port, users: sampleUsers, subOf, provider: () => provider,
    async before({ method }, response, { pathname }) {
      if (method !== 'POST' || pathname !== '/rotate-keys') return false;
      provider = await providerWith(true);
      response.writeHead(204).end();
      return true;
    },
  });
  return { ...listening, issuer, users: sampleUsers };
}
