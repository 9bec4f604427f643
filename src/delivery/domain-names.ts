import { CfnResource, Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { isAbsent, listProblems, objectProblem, show } from '../synth/prop-checks';

/** The region whose certificates CloudFront takes (Amazon CloudFront Developer Guide, "Requirements for using SSL/TLS certificates with CloudFront"). */
const CERTIFICATE_REGION = 'us-east-1';

/** Domain names of the user's own, and the certificate that covers them. */
export interface DomainOptions {
  readonly domainNames?: string[];
  readonly certificate?: acm.ICertificate;
}

/** The address of a service with these names: the first is the one that people use. */
export function addressOf([first]: readonly string[]): string {
  return `https://${first}`;
}

/** What is wrong with the names and their certificate. */
export function domainProblems({ domainNames, certificate }: DomainOptions): (string | undefined)[] {
  const noCertificate = objectProblem('certificate', certificate, `an ACM certificate of ${CERTIFICATE_REGION} that covers domainNames`, {
    members: ['certificateArn'], required: !isAbsent(domainNames),
  });
  return [
    // The address is needed at synth.
    ...listProblems('domainNames', domainNames, nameProblem, { tokens: false }),
    repetitionProblem(domainNames),
    isAbsent(domainNames) && !isAbsent(certificate) ? 'domainNames: expected the names that certificate is for, got undefined' : undefined,
    noCertificate ?? (isAbsent(certificate) ? undefined : certificateProblem(certificate)),
  ];
}

function nameProblem(name: string, value: unknown): string | undefined {
  if ((typeof value === 'string' && Token.isUnresolved(value)) || isDomainName(value)) return undefined;
  if (String(value).includes('*')) return `${name}: expected a name without wildcard, since people need one address, got ${show(value)}`;
  const address = String(value).includes('://') ? String(value) : `https://${value}`;
  const meant = URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, '') : undefined;
  return `${name}: expected a domain name in lower case, such as "videos.example.com", got ${show(value)}${isDomainName(meant) ? `; did you mean "${meant}"?` : ''}`;
}

/** A name of two labels or more, the last of which is no number: an IP address is no name. */
function isDomainName(value: unknown): value is string {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
  return typeof value === 'string' && value.length <= 253 && new RegExp(`^(?:${label}\\.)+(?![0-9]+$)${label}$`).test(value);
}

function repetitionProblem(domainNames: unknown): string | undefined {
  const isRight = !Array.isArray(domainNames) || new Set(domainNames).size === domainNames.length;
  return isRight ? undefined : `domainNames: expected each name once, got ${domainNames.join(', ')}`;
}

function certificateProblem(certificate: acm.ICertificate): string | undefined {
  const { certificateArn } = certificate;
  const expected = `certificate: expected an ACM certificate of ${CERTIFICATE_REGION}, since CloudFront takes no other`;
  if (Token.isUnresolved(certificateArn)) {
    const region = regionOfNew(certificate);
    return region === undefined || region === CERTIFICATE_REGION ? undefined : `${expected}, got one of ${region}`;
  }
  return new RegExp(`^arn:[^:]+:acm:${CERTIFICATE_REGION}:`).test(certificateArn) ? undefined : `${expected}, got ${show(certificateArn)}`;
}

/** The region of a certificate that this app makes, unless only the deployment knows it. An imported one has the `env` of the stack that imports it. */
function regionOfNew({ node }: acm.ICertificate): string | undefined {
  const resource = node?.defaultChild;
  if (!CfnResource.isCfnResource(resource) || resource.cfnResourceType !== acm.CfnCertificate.CFN_RESOURCE_TYPE_NAME) return undefined;
  const { region } = resource.stack;
  return Token.isUnresolved(region) ? undefined : region;
}
