import { App, Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Identity } from '../../src/auth/identity/identity';
import { certificateProblem } from '../../src/synth/certificate';
import { authIn, deliveryIn, ENV, testStack, vodIn, warningsOf } from '../toolkit/stacks';

const stack = testStack({ env: ENV });
const problemOf = (certificate: acm.ICertificate, list: unknown = ['videos.example.com']) => certificateProblem(stack, 'certificate', certificate, { prop: 'domainNames', list });
let id = 0;
const imported = (arn: string) => acm.Certificate.fromCertificateArn(stack, `Imported${id++}`, arn);
const made = (domainName: string, ...subjectAlternativeNames: string[]) => new acm.Certificate(stack, `Made${id++}`, { domainName, subjectAlternativeNames, validation: acm.CertificateValidation.fromDns() });
const later = new CfnParameter(stack, 'Later').valueAsString;

test.each([
  'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555', later, `arn:${Aws.PARTITION}:acm:us-east-1:${later}:certificate/1`,
  `arn:aws:acm:us-east-1:123456789012:certificate/${later}`, `arn:aws:acm:${later}`,
])('accepts the certificate %s', (arn) => expect(problemOf(imported(arn))).toBeUndefined());

test.each([
  ['arn:aws:acm:us-east-1:123456789012:certificate/', 'got "arn:aws:acm:us-east-1:123456789012:certificate/", which does not have the form arn:aws:acm:us-east-1:{account}:certificate/{id}'],
  ['arn:aws:acm:us-east-1:123456789012:11111111', 'which does not have the form'],
  ['arn:aws-cn:acm:us-east-1:123456789012:certificate/1', 'which does not have the form'],
  ['arn:aws:acm-pca:us-east-1:123456789012:certificate/1', 'which does not have the form'],
  ['arn:aws:acm:us-east-1::certificate/1', 'which does not have the form'],
  ['arn:aws:acm:us-east-1:123456789012:certificate/1:2', 'which does not have the form'],
  [`arn:aws:acm:eu-west-1:${later}:certificate/1`, 'got an ARN, which does not have the form'],
  ['arn:aws:acm:us-east-1:999999999999:certificate/1', 'expected a certificate of the stack\'s account 123456789012, got a certificate of the account 999999999999. CloudFront accepts only certificates of the stack\'s account'],
])('rejects the certificate %s', (arn, problem) => expect(problemOf(imported(arn))).toContain(problem));

test.each([
  [made('videos.example.com'), ['videos.example.com']],
  [made('*.example.com', 'Example.com'), ['videos.example.com', 'example.com', later]],
  [made(later), ['videos.example.com']],
  [made('example.com', later), ['videos.example.com']],
])('accepts a certificate that covers the domain names (case %#)', (certificate, names) => expect(problemOf(certificate, names)).toBeUndefined());

test.each([
  [made('*.example.com'), ['videos.example.com', 'a.b.example.com', 'example.com'], 'expected a certificate that covers domainNames, got a certificate for *.example.com. Add a.b.example.com, example.com to subjectAlternativeNames'],
  [made('example.com', 'www.example.com'), ['videos.example.com', later], 'got a certificate for example.com, www.example.com. Add videos.example.com to subjectAlternativeNames'],
])('rejects a certificate that does not cover the domain names (case %#)', (certificate, names, problem) => expect(problemOf(certificate, names)).toContain(problem));

test('rejects an ARN with the region of the stack if this region is not us-east-1', () => {
  const scope = new Stack(new App(), 'Test', { env: { region: 'eu-west-1' } });
  const certificate = acm.Certificate.fromCertificateArn(scope, 'Certificate', `arn:aws:acm:${Aws.REGION}:123456789012:certificate/1`);
  expect(certificateProblem(scope, 'certificate', certificate, { prop: 'domainNames', list: [] })).toContain('got a certificate in the region eu-west-1');
});

describe('the warning about the region of a certificate', () => {
  const name = 'videos.example.com';
  type Make = (scope: Stack) => acm.ICertificate;
  const create: Make = (scope) => new acm.Certificate(scope, 'Certificate', { domainName: '*.example.com' });
  const importOf = (arn: string): Make => (scope) => acm.Certificate.fromCertificateArn(scope, 'Certificate', arn);
  const inOtherStack = (region?: string): Make => (scope) => create(new Stack(App.of(scope) as App, 'Certificates', { env: { region }, crossRegionReferences: true }));
  type Use = (scope: Stack, certificate: acm.ICertificate) => unknown;
  const withNames: Use = (scope, certificate) => vodIn(scope, { domainNames: [name], certificate });
  const warnings = (make: Make, region?: string, use = withNames) => {
    const scope = new Stack(new App(), 'Test', { env: { region }, crossRegionReferences: true });
    use(scope, make(scope));
    return warningsOf(scope).filter((warning) => warning.includes('serverless-vod:certificateRegion'));
  };
  const WITHOUT_REGION = 'synth cannot know the region of the certificate, because the stack Test has no explicit region. CloudFront accepts only certificates in '
    + 'us-east-1. With a certificate in another region, the deployment fails. In the stack that creates the certificate, set env: { region: \'us-east-1\' }. Alternatively, import a certificate by its ARN';

  test.each<[string, Make]>([
    ['an ARN that a parameter contains', (scope) => importOf(new CfnParameter(scope, 'Arn').valueAsString)(scope)],
    ['an ARN with the region of a stack without an explicit region', importOf(`arn:aws:acm:${Aws.REGION}:123456789012:certificate/1`)],
  ])('is given for %s', (_, make) => {
    expect(warnings(make)).toEqual([expect.stringMatching(/^\/Test\/Vod\/Delivery: certificate: .* because the region in its ARN is not known\. .* Pass an ARN with the region us-east-1 to Certificate\.fromCertificateArn, or acknowledge/)]);
  });

  test('is given for a certificate that a stack without an explicit region creates', () => {
    expect(warnings(create)).toEqual([expect.stringContaining(`/Test/Vod/Delivery: certificate: ${WITHOUT_REGION}`)]);
    expect(warnings(create, undefined, (scope, certificate) => deliveryIn(scope, { domainNames: [name], certificate })))
      .toEqual([expect.stringContaining(`/Test/Delivery: certificate: ${WITHOUT_REGION}`)]);
    expect(warnings(inOtherStack())).toEqual([expect.stringContaining('because the stack Certificates has no explicit region')]);
  });

  test('is given for the custom domain of the sign-in pages', () => {
    const withDomain: Use = (scope, certificate) =>
      authIn(scope, { identity: Identity.userPool({ domain: { customDomain: { domainName: 'id.example.com', certificate } } }) });
    expect(warnings(create, undefined, withDomain)).toEqual([expect.stringContaining(`/Test/Auth: domain.customDomain.certificate: ${WITHOUT_REGION}`)]);
    expect(warnings(create, 'us-east-1', withDomain)).toEqual([]);
  });

  test.each<[string, Make, string | undefined]>([
    ['an ARN with a region', importOf('arn:aws:acm:us-east-1:123456789012:certificate/1'), undefined],
    ['an ARN with the region of a stack in us-east-1', importOf(`arn:aws:acm:${Aws.REGION}:123456789012:certificate/1`), 'us-east-1'],
    ['a certificate that a stack in us-east-1 creates', create, 'us-east-1'],
    ['a certificate that another stack creates in us-east-1', inOtherStack('us-east-1'), 'eu-west-1'],
    ['a certificate that the deprecated construct of CDK creates', (scope) => {
      const hostedZone = HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
      return new acm.DnsValidatedCertificate(scope, 'Certificate', { domainName: name, region: 'us-east-1', hostedZone });
    }, undefined],
  ])('is not given for %s', (_, make, region) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    expect(warnings(make, region)).toEqual([]);
    warn.mockRestore();
  });
});
