import { Annotations, Token } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { IConstruct } from 'constructs';
import { LOGIN_PATH } from '../../contract/routes';
import { certificateProblem } from '../../synth/certificate';
import { isSameName, namesBeside } from '../../synth/distribution-names';
import { domainNameProblem } from '../../synth/domain-name';
import { finalText, finalTexts, LATER, literalOf } from '../../synth/literal';
import { normalHost, normalOrigin } from '../../synth/origin';
import { isAbsent, listProblems, objectProblem, repetitionProblem, show } from '../../synth/prop-checks';

const CALLBACKS = 'publicClient.callbackUrls';
const LOGOUTS = 'publicClient.logoutUrls';

/** Schemes that browsers handle themselves: no app can claim them, and some run or show what the address holds. */
const BROWSERS_OWN = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'ftp:', 'javascript:', 'vbscript:', 'view-source:', 'ws:', 'wss:'];

/** The options that hold addresses of sign-in. */
interface SignInAddresses {
  readonly domain?: cognito.UserPoolDomainOptions;
  readonly publicClient?: { readonly callbackUrls: readonly string[]; readonly logoutUrls?: readonly string[] };
}

/** What is wrong with addresses of sign-in, as far as the service's own address tells. */
export function signInAddressProblems(scope: IConstruct, { domain, publicClient }: SignInAddresses, url: string): (string | undefined)[] {
  const { callbackUrls, logoutUrls } = publicClient ?? {};
  const known: unknown[] = Array.isArray(callbackUrls) && !Token.isUnresolved(callbackUrls) ? callbackUrls : [];
  return [
    ...isAbsent(publicClient) ? [] : [
      isAbsent(callbackUrls) ? 'publicClient.callbackUrls: expected at least one' : undefined,
      ...listProblems(CALLBACKS, callbackUrls, addressProblem),
      repetitionProblem(CALLBACKS, callbackUrls, 'address'),
      ...listProblems(LOGOUTS, logoutUrls, addressProblem, { min: 0 }),
      repetitionProblem(LOGOUTS, logoutUrls, 'address'),
    ],
    ...customDomainProblems(scope, domain?.customDomain),
    ...ownAddressProblems({ callbacks: known.map((each) => literalOf(String(each))), customDomain: literalOf(String(domain?.customDomain?.domainName ?? '')) }, literalOf(String(url))),
  ];
}

/**
 * Checks addresses of sign-in once more, when the app is complete: against all names of the service's distribution, and with the values that lazy ones have
 * then, or that aspects have given to the client.
 */
export function checkSignInAddresses(scope: IConstruct, { domain }: SignInAddresses, url: string, publicClient: cognito.UserPoolClient | undefined): void {
  const client = publicClient?.node.defaultChild as cognito.CfnUserPoolClient | undefined;
  scope.node.addValidation({
    validate: () => {
      const [callbacks, logouts] = [client?.callbackUrLs, client?.logoutUrLs].map((list) => finalTexts(scope, list));
      const addresses = { callbacks, customDomain: finalText(scope, domain?.customDomain?.domainName ?? '') };
      warnOfUnknown(scope, callbacks);
      return [
        ...callbacks.map((address, index) => addressProblem(`${CALLBACKS}[${index}]`, address)),
        ...logouts.map((address, index) => addressProblem(`${LOGOUTS}[${index}]`, address)),
        ...namesBeside(scope, finalText(scope, url)).flatMap((name) => ownAddressProblems(addresses, `https://${name}`)),
      ].filter((problem) => problem !== undefined);
    },
  });
}

function warnOfUnknown(scope: IConstruct, callbacks: readonly string[]): void {
  for (const [index, address] of callbacks.entries()) {
    if (!normalHost(address)?.endsWith('.cloudfront.net')) continue;
    Annotations.of(scope).addWarningV2('serverless-vod:callbackAtCloudFront', `${CALLBACKS}[${index}]: only the deployment knows whether ${address} is the service's own, `
      + 'at which scripts of its pages could read the code: see that the name is that of another distribution');
  }
}

/** As Cognito takes them (Amazon Cognito User Pools API Reference, CreateUserPoolClient, CallbackURLs). */
function addressProblem(name: string, address: unknown): string | undefined {
  const literal = typeof address === 'string' ? literalOf(address) : undefined;
  const expected = `${name}: expected an address of https, of an app's own scheme, or http://localhost, without spaces and fragment, got ${literal === undefined ? show(address) : shown(literal)}`;
  if (literal === undefined) return expected;
  // A token may be anything, as far as it reaches.
  if (!URL.canParse(literal)) return literal.includes(LATER) ? undefined : expected;
  const { protocol, hostname } = new URL(literal);
  const isLocal = hostname === 'localhost' || hostname.includes(LATER);
  const isRight = !BROWSERS_OWN.includes(protocol) && !/[\s\p{Cc}#]/u.test(literal) && (protocol !== 'http:' || isLocal);
  return isRight ? undefined : expected;
}

function customDomainProblems(scope: IConstruct, domain: cognito.CustomDomainOptions | undefined): (string | undefined)[] {
  if (isAbsent(domain)) return [];
  const prop = 'domain.customDomain.domainName';
  const noDomain = objectProblem('domain.customDomain', domain, 'a domain name and its certificate', { members: ['domainName', 'certificate'] });
  // As Cognito takes it (Amazon Cognito Developer Guide, "Using your own domain for managed login"): it stands behind CloudFront.
  return noDomain ? [noDomain] : [
    domainNameProblem(prop, domain.domainName),
    certificateProblem(scope, 'domain.customDomain.certificate', domain.certificate, { prop, list: [domain.domainName] }),
  ];
}

/** What is wrong with addresses that are at a name of the service, or that take it. All are texts as `literalOf` or `finalText` have them. */
function ownAddressProblems(
  { callbacks, customDomain }: { readonly callbacks: readonly string[]; readonly customDomain: string }, own: string,
): (string | undefined)[] {
  return [
    ...callbacks.map((address, index) => (normalOrigin(own) !== undefined && normalOrigin(own) === normalOrigin(address)
      ? `${CALLBACKS}[${index}]: expected an address that is not the service's own, since scripts on its pages could read the code: an app's scheme, another host, or `
        + `http://localhost, got ${shown(address)}; the web app signs in by ${LOGIN_PATH}?return_to=/` : undefined)),
    isSameName(customDomain, own.replace('https://', ''))
      ? `domain.customDomain.domainName: expected a name that the service has not itself, since CloudFront takes a name once, got ${shown(customDomain)}; `
        + 'give the sign-in pages another one, such as "id.example.com"' : undefined,
  ];
}

/** An address as a message shows it: with the name of a token it would tell nothing. */
function shown(text: string): string {
  return text.includes(LATER) ? 'a value that is known at deploy time only' : show(text);
}
