import { at, Check, differences, every, present } from './check';
import { handlersOf } from './handlers';
import { AUTHORIZE_PATH } from '../../../src/contract/routes';
import { type CloudFormationTemplate, list, ours, readable, withoutHash } from '../../toolkit/template';

/** Returns the service URL: with the first domain name of the distribution, or with its `cloudfront.net` name if the distribution has no domain names. */
export function addressIn(template: CloudFormationTemplate): string {
  const [{ id, properties }] = ours(template, 'AWS::CloudFront::Distribution');
  const [name] = list(at(properties, 'DistributionConfig.Aliases'));
  return `https://${name ?? readable({ 'Fn::GetAtt': [id, 'DomainName'] })}`;
}

/** All URLs must have the same host, because a callback to a different host would not receive the sign-in cookies. */
const allUseOneUrl: Check = (template) => {
  const address = addressIn(template);
  const isAddress = (given: unknown): boolean => readable(given) === address;
  return [
    ...handlersOf(template).filter(({ environment }) => 'SERVICE_URL' in environment).flatMap(({ id, environment }) => differences(id, environment, { SERVICE_URL: isAddress })),
    ...ours(template, 'AWS::Cognito::UserPoolClient').filter(({ id }) => withoutHash(id) === 'VodAuthUserPoolClient').flatMap(({ id, properties }) => differences(id, properties, {
      CallbackURLs: ([url]: unknown[]) => readable(url) === `${address}${AUTHORIZE_PATH}`,
      LogoutURLs: ([url]: unknown[]) => readable(url) === `${address}/`,
    })),
    ...every('AWS::Cognito::UserPool', {
      'AdminCreateUserConfig.InviteMessageTemplate.EmailMessage': (message: unknown) => readable(message).includes(`"${address}/api/login?return_to=%2F"`),
    })(template),
  ];
};

/** CloudFront requires a certificate in us-east-1 for domain names. Browsers of the last ten years support TLS 1.2 and SNI. */
const namesHaveACertificate: Check = (template) => ours(template, 'AWS::CloudFront::Distribution').flatMap(({ id, properties: { DistributionConfig: config } }) => (
  config.Aliases ? differences(id, config.ViewerCertificate, {
    AcmCertificateArn: (arn: unknown) => readable(arn).startsWith('arn:aws:acm:us-east-1:'), MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only',
  }) : differences(id, config, { ViewerCertificate: undefined })));

const pagesHaveOneName: Check = (template) => ours(template, 'AWS::CloudFront::Distribution').filter(({ properties }) => at(properties, 'DistributionConfig.Aliases'))
  .flatMap(({ id, properties }) => differences(id, at(properties, 'DistributionConfig.DefaultCacheBehavior'), {
    'FunctionAssociations.0.EventType': 'viewer-request', 'FunctionAssociations.0.FunctionARN': present,
  }));

export const ADDRESS: Record<string, Check> = {
  'all parts use one service URL': allUseOneUrl,
  'domain names have a certificate': namesHaveACertificate,
  'pages at other names are redirected': pagesHaveOneName,
};
