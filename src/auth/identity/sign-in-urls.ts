import { Annotations, Token } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { IConstruct } from 'constructs';
import { LOGIN_PATH } from '../../contract/routes';
import { certificateProblem, warnOfUnknownRegion } from '../../synth/certificate';
import { isSameName, namesBeside } from '../../synth/distribution-names';
import { domainNameProblem } from '../../synth/domain-name';
import { finalText, finalTexts, LATER, literalOf } from '../../synth/literal';
import { normalHost, normalOrigin } from '../../synth/origin';
import { isAbsent, listProblems, objectProblem, repetitionProblem, show } from '../../synth/prop-checks';

const CALLBACKS = 'publicClient.callbackUrls';
const LOGOUTS = 'publicClient.logoutUrls';
const CERTIFICATE = 'domain.customDomain.certificate';

/** Browsers handle these schemes themselves, so an app cannot register them. */
const BROWSER_SCHEMES = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'ftp:', 'javascript:', 'vbscript:', 'view-source:', 'ws:', 'wss:'];

interface SignInUrls {
  readonly domain?: cognito.UserPoolDomainOptions;
  readonly publicClient?: { readonly callbackUrls: readonly string[]; readonly logoutUrls?: readonly string[] };
}

export function signInUrlProblems(scope: IConstruct, { domain, publicClient }: SignInUrls, url: string): (string | undefined)[] {
  const { callbackUrls, logoutUrls } = publicClient ?? {};
  const known: unknown[] = Array.isArray(callbackUrls) && !Token.isUnresolved(callbackUrls) ? callbackUrls : [];
  return [
    ...isAbsent(publicClient) ? [] : [
      isAbsent(callbackUrls) ? 'publicClient.callbackUrls: expected at least one URL, got none' : undefined,
      ...listProblems(CALLBACKS, callbackUrls, urlProblem),
      repetitionProblem(CALLBACKS, callbackUrls, 'URL'),
      ...listProblems(LOGOUTS, logoutUrls, urlProblem, { min: 0 }),
      repetitionProblem(LOGOUTS, logoutUrls, 'URL'),
    ],
    ...customDomainProblems(scope, domain?.customDomain),
    ...serviceNameProblems({ callbacks: known.map((each) => literalOf(String(each))), customDomain: literalOf(String(domain?.customDomain?.domainName ?? '')) }, literalOf(String(url))),
  ];
}

/** The check runs at the end of synth, when all domain names and URLs have their final values. */
export function checkSignInUrls(scope: IConstruct, { domain }: SignInUrls, url: string, publicClient: cognito.UserPoolClient | undefined): void {
  if (domain?.customDomain) warnOfUnknownRegion(scope, CERTIFICATE, domain.customDomain.certificate as acm.ICertificate);
  const client = publicClient?.node.defaultChild as cognito.CfnUserPoolClient | undefined;
  scope.node.addValidation({
    validate: () => {
      const [callbacks, logouts] = [client?.callbackUrLs, client?.logoutUrLs].map((list) => finalTexts(scope, list));
      const urls = { callbacks, customDomain: finalText(scope, domain?.customDomain?.domainName ?? '') };
      warnOfUnknown(scope, callbacks);
      return [
        ...callbacks.map((callback, index) => urlProblem(`${CALLBACKS}[${index}]`, callback)),
        ...logouts.map((logout, index) => urlProblem(`${LOGOUTS}[${index}]`, logout)),
        ...namesBeside(scope, finalText(scope, url)).flatMap((name) => serviceNameProblems(urls, `https://${name}`)),
      ].filter((problem) => problem !== undefined);
    },
  });
}

function warnOfUnknown(scope: IConstruct, callbacks: readonly string[]): void {
  for (const [index, callback] of callbacks.entries()) {
    if (!normalHost(callback)?.endsWith('.cloudfront.net')) continue;
    Annotations.of(scope).addWarningV2('serverless-vod:callbackAtCloudFront', `${CALLBACKS}[${index}]: synth cannot know whether ${callback} is a URL of this service. `
      + 'If the URL belongs to this service, scripts on the service\'s pages could read the authorization code that Cognito adds to the URL. Make sure that the domain name does not belong to this service');
  }
}

/** For Cognito's rules, see CallbackURLs of CreateUserPoolClient in the Amazon Cognito User Pools API Reference. */
function urlProblem(name: string, url: unknown): string | undefined {
  const literal = typeof url === 'string' ? literalOf(url) : undefined;
  const expected = `${name}: expected a URL without spaces and fragment that begins with https://, http://localhost or a custom scheme of your app, got ${literal === undefined ? show(url) : shown(literal)}`;
  if (literal === undefined) return expected;
  // A CDK token can stand for any part of the URL, so a URL with a token is accepted even if it cannot be parsed.
  if (!URL.canParse(literal)) return literal.includes(LATER) ? undefined : expected;
  const { protocol, hostname } = new URL(literal);
  const isLocal = hostname === 'localhost' || hostname.includes(LATER);
  const isRight = !BROWSER_SCHEMES.includes(protocol) && !/[\s\p{Cc}#]/u.test(literal) && (protocol !== 'http:' || isLocal);
  return isRight ? undefined : expected;
}

function customDomainProblems(scope: IConstruct, domain: cognito.CustomDomainOptions | undefined): (string | undefined)[] {
  if (isAbsent(domain)) return [];
  const prop = 'domain.customDomain.domainName';
  const noDomain = objectProblem('domain.customDomain', domain, 'a domain name and its certificate', { members: ['domainName', 'certificate'] });
  // Cognito serves a custom domain through CloudFront, so CloudFront's rules apply (see "Using your own domain for managed login" in the Amazon Cognito
  // Developer Guide).
  return noDomain ? [noDomain] : [
    domainNameProblem(prop, domain.domainName),
    certificateProblem(scope, CERTIFICATE, domain.certificate, { prop, list: [domain.domainName] }),
  ];
}

function serviceNameProblems(
  { callbacks, customDomain }: { readonly callbacks: readonly string[]; readonly customDomain: string }, serviceUrl: string,
): (string | undefined)[] {
  return [
    ...callbacks.map((callback, index) => (normalOrigin(serviceUrl) !== undefined && normalOrigin(serviceUrl) === normalOrigin(callback)
      ? `${CALLBACKS}[${index}]: expected a custom scheme, http://localhost or a host other than the host of this service, got ${shown(callback)}. `
        + `This URL belongs to the service, so scripts on the service's pages could read the authorization code. To sign users in from your web app, use ${LOGIN_PATH}?return_to=/` : undefined)),
    isSameName(customDomain, serviceUrl.replace('https://', ''))
      ? `domain.customDomain.domainName: expected a name that the service does not use, got ${shown(customDomain)}. CloudFront accepts a domain name only once. `
        + 'Use another name for the sign-in pages, such as "id.example.com"' : undefined,
  ];
}

function shown(text: string): string {
  return text.includes(LATER) ? 'a value that is known at deploy time only' : show(text);
}
