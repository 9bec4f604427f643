import { Annotations, Token } from 'aws-cdk-lib';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { IConstruct } from 'constructs';
import type { PublicClientOptions } from './user-pool-identity';
import { LOGIN_PATH } from '../../contract/routes';
import { certificateProblem } from '../../synth/certificate';
import { isSameName, namesBeside } from '../../synth/distribution-names';
import { domainNameProblem } from '../../synth/domain-name';
import { literalOf } from '../../synth/literal';
import { normalHost, normalOrigin } from '../../synth/origin';
import { isAbsent, listProblems, objectProblem, repetitionProblem, show } from '../../synth/prop-checks';

/** Schemes that browsers handle themselves: no app can claim them, and some run or show what the address holds. */
const BROWSERS_OWN = ['about:', 'blob:', 'data:', 'file:', 'filesystem:', 'ftp:', 'javascript:', 'vbscript:', 'view-source:', 'ws:', 'wss:'];

/** Stands for a token in an address. No name that people register has it. */
const LATER = 'known--when--deployed';

/** The options that hold addresses of sign-in. */
interface SignInAddresses {
  readonly domain?: cognito.UserPoolDomainOptions;
  readonly publicClient?: PublicClientOptions;
}

/** What is wrong with addresses of sign-in, as far as the service's own address tells. */
export function signInAddressProblems(scope: IConstruct, options: SignInAddresses, url: string): (string | undefined)[] {
  const { callbackUrls, logoutUrls } = options.publicClient ?? {};
  return [
    ...isAbsent(options.publicClient) ? [] : [
      isAbsent(callbackUrls) ? 'publicClient.callbackUrls: expected at least one' : undefined,
      ...listProblems('publicClient.callbackUrls', callbackUrls, addressProblem),
      repetitionProblem('publicClient.callbackUrls', callbackUrls, 'address'),
      ...listProblems('publicClient.logoutUrls', logoutUrls, addressProblem, { min: 0 }),
      repetitionProblem('publicClient.logoutUrls', logoutUrls, 'address'),
    ],
    ...customDomainProblems(scope, options.domain?.customDomain),
    ...ownAddressProblems(options, url),
  ];
}

/** Checks addresses of sign-in that depend on more than the service's first name: on all names of its distribution, and on what nobody knows at synth. */
export function checkSignInAddresses(scope: IConstruct, options: SignInAddresses, url: string): void {
  scope.node.addValidation({
    validate: () => namesBeside(scope, url).flatMap((name) => ownAddressProblems(options, `https://${name}`)).filter((problem) => problem !== undefined),
  });
  const unknown = literalCallbacks(options).filter(([, address]) => normalHost(address)?.endsWith('.cloudfront.net'));
  for (const [name, address] of unknown) {
    Annotations.of(scope).addWarningV2('serverless-vod:callbackAtCloudFront', `${name}: only the deployment knows whether ${address} is the service's own, `
      + 'at which scripts of its pages could read the code: see that the name is that of another distribution');
  }
}

/** As Cognito takes them (Amazon Cognito User Pools API Reference, CreateUserPoolClient, CallbackURLs). */
function addressProblem(name: string, address: unknown): string | undefined {
  const expected = `${name}: expected an address of https, of an app's own scheme, or http://localhost, without spaces and fragment, got ${show(address)}`;
  if (typeof address !== 'string') return expected;
  const literal = literalOf(address, LATER);
  // A token may be anything, as far as it reaches.
  if (!URL.canParse(literal)) return Token.isUnresolved(address) ? undefined : expected;
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

/** What is wrong with addresses that are the service's own, or that take a name of it. */
function ownAddressProblems(options: SignInAddresses, own: string): (string | undefined)[] {
  const { customDomain } = options.domain ?? {};
  return [
    ...literalCallbacks(options).map(([name, address]) => (isAt(own, address)
      ? `${name}: expected an address that is not the service's own, since scripts on its pages could read the code: an app's scheme, another host, or `
        + `http://localhost, got ${show(address)}; the web app signs in by ${LOGIN_PATH}?return_to=/` : undefined)),
    typeof customDomain?.domainName === 'string' && isSameName(customDomain.domainName, own.replace('https://', ''))
      ? `domain.customDomain.domainName: expected a name that the service has not itself, since CloudFront takes a name once, got ${show(customDomain.domainName)}; `
        + 'give the sign-in pages another one, such as "id.example.com"' : undefined,
  ];
}

/** The callbacks that are no list token, each with its name. */
function literalCallbacks({ publicClient }: SignInAddresses): [name: string, address: string][] {
  const { callbackUrls } = publicClient ?? {};
  if (!Array.isArray(callbackUrls) || Token.isUnresolved(callbackUrls)) return [];
  return callbackUrls.map((address, index) => [`publicClient.callbackUrls[${index}]`, String(address)]);
}

/** Whether an address is of this origin. A domain that is known at deployment only is compared by its token. */
function isAt(origin: string, address: string): boolean {
  if (`${address}/`.startsWith(`${origin}/`)) return true;
  const [own, other] = [origin, address].map((each) => normalOrigin(literalOf(each, LATER)));
  return own !== undefined && !own.includes(LATER) && own === other;
}
