import { Annotations, Aws, CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type { IConstruct } from 'constructs';
import { LATER, literalOf } from './literal';
import { differ } from './place';
import { objectProblem, show } from './prop-checks';

/** CloudFront accepts certificates only from this region (see "Requirements for using SSL/TLS certificates with CloudFront" in the CloudFront guide). */
export const CERTIFICATE_REGION = 'us-east-1';

const FORM = `arn:aws:acm:${CERTIFICATE_REGION}:{account}:certificate/{id}`;
const PARTS = [/^arn$/, /^aws$/, /^acm$/, new RegExp(`^${CERTIFICATE_REGION}$`), /^\d{12}$/, /^certificate\/[\w-]+$/];

/**
 * The names in the certificate are checked only if this app creates the certificate.
 *
 * @param names the domain names, and the prop that contains them
 */
export function certificateProblem(
  scope: IConstruct, prop: string, certificate: unknown, names: { readonly prop: string; readonly list: unknown },
): string | undefined {
  const noCertificate = objectProblem(prop, certificate, `an ACM certificate in ${CERTIFICATE_REGION} that covers ${names.prop}`, {
    members: ['certificateArn'], required: true,
  });
  if (noCertificate) return `${noCertificate}. Import a certificate by its ARN with Certificate.fromCertificateArn(this, 'Certificate', arn)`;
  const { certificateArn } = certificate as acm.ICertificate;
  const own = resourceOf(certificate as acm.ICertificate);
  return placeProblem(scope, prop, certificateArn, own) ?? (own && coverageProblem(prop, own, names));
}

/**
 * Warns if the region of a certificate is known only at deploy time. Constructs such as `DnsValidatedCertificate` choose the region themselves and cause no
 * warning.
 */
export function warnOfUnknownRegion(scope: IConstruct, prop: string, certificate: acm.ICertificate): void {
  const own = resourceOf(certificate);
  const isOtherConstruct = !own && certificate.node?.children.length > 0;
  if (isOtherConstruct || regionOf(scope, certificate.certificateArn, own) !== undefined) return;
  const [reason, fix] = own
    ? [`the stack ${own.stack.node.path} has no explicit region`, `In the stack that creates the certificate, set env: { region: '${CERTIFICATE_REGION}' }. Alternatively, import a certificate by its ARN`]
    : ['the region in its ARN is not known', `Pass an ARN with the region ${CERTIFICATE_REGION} to Certificate.fromCertificateArn, or acknowledge this warning if the certificate is in ${CERTIFICATE_REGION}`];
  Annotations.of(scope).addWarningV2('serverless-vod:certificateRegion', `${prop}: synth cannot know the region of the certificate, because ${reason}. `
    + `CloudFront accepts only certificates in ${CERTIFICATE_REGION}. With a certificate in another region, the deployment fails. ${fix}`);
}

/** The `env` of an imported certificate describes the importing stack, so the region and the account are read from the ARN. */
function placeProblem(scope: IConstruct, prop: string, arn: string, own: acm.CfnCertificate | undefined): string | undefined {
  const expected = `${prop}: expected an ACM certificate in ${CERTIFICATE_REGION} (the only region that CloudFront accepts)`;
  const parts = literalOf(arn).split(':');
  const isUnknown = parts.length < PARTS.length && Token.isUnresolved(arn);
  const isRight = isUnknown || (parts.length === PARTS.length && PARTS.every((form, index) => parts[index].includes(LATER) || form.test(parts[index])));
  if (!isRight) return `${expected}, got ${Token.isUnresolved(arn) ? 'an ARN' : show(arn)}, which does not have the form ${FORM}`;
  const region = regionOf(scope, arn, own);
  if (region !== undefined && region !== CERTIFICATE_REGION) return `${expected}, got a certificate in the region ${region}`;
  const [account, stacks] = [own?.stack.account ?? (isUnknown ? LATER : parts[4]), Stack.of(scope).account];
  return account.includes(LATER) || !differ(account, stacks) ? undefined
    : `${prop}: expected a certificate of the stack's account ${stacks}, got a certificate of the account ${account}. CloudFront accepts only certificates of the stack's account`;
}

function regionOf(scope: IConstruct, arn: string, own: acm.CfnCertificate | undefined): string | undefined {
  const [, , , written = LATER] = literalOf(arn).split(':');
  const region = own?.stack.region ?? (written === literalOf(Aws.REGION) ? Stack.of(scope).region : written);
  return region.includes(LATER) || Token.isUnresolved(region) ? undefined : region;
}

function coverageProblem(
  prop: string, { domainName, subjectAlternativeNames = [] }: acm.CfnCertificate, names: { readonly prop: string; readonly list: unknown },
): string | undefined {
  const covered = [domainName, ...Token.isUnresolved(subjectAlternativeNames) ? ['*'] : subjectAlternativeNames];
  if (!Array.isArray(names.list) || covered.some((each) => each === '*' || Token.isUnresolved(each))) return undefined;
  const missing = (names.list as unknown[]).filter((name) => typeof name === 'string' && !Token.isUnresolved(name) && !covered.some((each) => covers(each, name)));
  return missing.length === 0 ? undefined
    : `${prop}: expected a certificate that covers ${names.prop}, got a certificate for ${covered.join(', ')}. Add ${missing.join(', ')} to subjectAlternativeNames`;
}

/** A wildcard matches exactly one label (RFC 9525, section 6.3). */
function covers(pattern: string, name: string): boolean {
  return pattern.toLowerCase() === name || (pattern.startsWith('*.') && pattern.slice(1).toLowerCase() === name.slice(name.indexOf('.')));
}

function resourceOf({ node }: acm.ICertificate): acm.CfnCertificate | undefined {
  const resource = node?.defaultChild;
  return isCertificate(resource) ? resource : undefined;
}

function isCertificate(resource: unknown): resource is acm.CfnCertificate {
  return CfnResource.isCfnResource(resource) && resource.cfnResourceType === acm.CfnCertificate.CFN_RESOURCE_TYPE_NAME;
}
