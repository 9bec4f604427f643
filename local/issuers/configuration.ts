import type { Configuration, KoaContextWithOIDC as Context } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { errorPage } from './pages';
import type { fileAdapter, IssuerState } from './state';

/** Cookies know no ports: each issuer of this machine has names of its own. */
interface IssuerOptions { readonly name: string; readonly state: IssuerState; readonly adapter: ReturnType<typeof fileAdapter> }

/** A lifetime in seconds, divided so that an hour passes in seconds. */
export const divided = (seconds: number, divider: number, least = 1): number => Math.max(least, Math.round(seconds / divider));

/** What the issuers of this machine have in common: people sign in with a form that is ours, and are asked for no consent. */
export async function configurationOf({ name, state, adapter }: IssuerOptions) {
  const { interactionPolicy } = await import('oidc-provider');
  const policy = interactionPolicy.base();
  policy.get('consent')!.checks.remove('native_client_prompt');
  return {
    adapter,
    jwks: { keys: [state.key] },
    cookies: { keys: [state.derived('cookies')], names: { session: name, interaction: `${name}-login`, resume: `${name}-resume` } },
    clientBasedCORS: () => false,
    conformIdTokenClaims: false,
    expiresWithSession: () => false,
    // Each sign-in is granted what its client asked for, and is one that can be revoked alone.
    loadExistingGrant: async ({ oidc: { provider, account, client, params } }: Context) => {
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: account!.accountId });
      const scope = String(params?.scope ?? '');
      grant.addOIDCScope(scope);
      if (params?.resource) grant.addResourceScope(String(params.resource), scope);
      await grant.save();
      return grant;
    },
    interactions: { policy, url: (_: Context, { uid }: { uid: string }) => `/login/${uid}` },
    renderError: (ctx: Context, { error, error_description: description }) =>
      void Object.assign(ctx, { type: 'html', body: errorPage(description ?? error) }),
  } satisfies Configuration;
}

/** What the issuers of this machine do without. */
export const features = {
  devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false }, pushedAuthorizationRequests: { enabled: false }, userinfo: { enabled: false },
  dPoP: { enabled: false }, resourceIndicators: { enabled: false },
} satisfies Configuration['features'];

/** Lifetimes in seconds that nothing divides: those of the form, and of what lets a browser sign in again without it. */
export const FORM_TTL = { Interaction: 900, Session: 3600 };
