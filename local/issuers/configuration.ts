import type { Configuration, KoaContextWithOIDC as Context } from 'oidc-provider' with { 'resolution-mode': 'import' };
import { errorPage } from './pages';
import type { fileAdapter, IssuerState } from './state';

/** The issuer's name is part of each cookie name, because servers on different ports of one host share their cookies. */
interface IssuerOptions { readonly name: string; readonly state: IssuerState; readonly adapter: ReturnType<typeof fileAdapter> }

export const divided = (seconds: number, divider: number, least = 1): number => Math.max(least, Math.round(seconds / divider));

/** Users sign in with the local sign-in form, without consent. */
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
    // Each sign-in gets a separate grant, so that each sign-in can be revoked separately.
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

export const features = {
  devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false }, pushedAuthorizationRequests: { enabled: false }, userinfo: { enabled: false },
  dPoP: { enabled: false }, resourceIndicators: { enabled: false },
} satisfies Configuration['features'];

/** The lifetimes of the sign-in form and the browser session, in seconds. The option --divide-lifetimes does not change these two lifetimes. */
export const FORM_TTL = { Interaction: 900, Session: 3600 };
