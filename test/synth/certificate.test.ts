import { Aws, CfnParameter } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { certificateProblem } from '../../src/synth/certificate';
import { ENV, testStack } from '../toolkit/stacks';

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
