import { CHECKS } from './checks';
import { example } from './templates';
import { ofType } from '../toolkit/template';

type Make = (of: (type: string, beginning?: string) => any) => void;

const OPTIONS = (of: Parameters<Make>[0]) => of('AWS::ApiGateway::Method', 'VodApiRestApistreamsOPTIONS');
const response = (of: Parameters<Make>[0]) => OPTIONS(of).Integration.IntegrationResponses[0];
const gateway = (of: Parameters<Make>[0]) => of('AWS::ApiGateway::GatewayResponse', 'VodApiRestApiUnauthorized').ResponseParameters;
const rewrite = (of: Parameters<Make>[0], from: string | RegExp, to: string) => {
  const { ResponseTemplates } = response(of);
  ResponseTemplates['application/json'] = ResponseTemplates['application/json'].replace(from, to);
};

const FAULTS: Record<string, Make> = {
  'a preflight without Vary': (of) => { delete response(of).ResponseParameters['method.response.header.vary']; },
  'a preflight that allows everyone': (of) => { response(of).ResponseParameters['method.response.header.access-control-allow-origin'] = '\'*\''; },
  'a preflight that allows an additional origin': (of) => rewrite(of, '"https://app.example.com"', '"https://app.example.com", "https://evil.example"'),
  'a preflight that allows the origin of the request': (of) => rewrite(of, /#if\(\$allowed\.contains\(\$origin\)\)(.*)#end/, '$1'),
  'a preflight without one of the origins': (of) => rewrite(of, ', "https://other.example.net"', ''),
  'a preflight that allows credentials': (of) => { response(of).ResponseParameters['method.response.header.access-control-allow-credentials'] = '\'true\''; },
  'a preflight for more methods': (of) => { response(of).ResponseParameters['method.response.header.access-control-allow-methods'] = '\'GET, DELETE\''; },
  'a preflight that requires a token': (of) => { OPTIONS(of).AuthorizationType = 'COGNITO_USER_POOLS'; },
  'a preflight at a sign-in route': (of) => { OPTIONS(of).ResourceId = { Ref: 'VodApiRestApilogin' }; },
  'a gateway response without Vary': (of) => { delete gateway(of)['gatewayresponse.header.vary']; },
  'a gateway response for every origin': (of) => { gateway(of)['gatewayresponse.header.access-control-allow-origin'] = '\'*\''; },
  'a gateway response with credentials': (of) => { gateway(of)['gatewayresponse.header.access-control-allow-credentials'] = '\'true\''; },
  'a handler without the list': (of) => { delete of('AWS::Lambda::Function', 'VodCatalogReadVideos').Environment.Variables.APP_ORIGINS; },
  'a sign-in with the list': (of) => { of('AWS::Lambda::Function', 'VodAuthSignIn').Environment.Variables.APP_ORIGINS = '["https://app.example.com"]'; },
  'a different list for uploads': (of) => { of('AWS::S3::Bucket', 'VodUploadBucket').CorsConfiguration.CorsRules[0].AllowedOrigins.push('https://evil.example'); },
};

test.each(Object.entries(FAULTS))('a check detects %s', (_name, make) => {
  const template = structuredClone(example('every option'));
  make((type, beginning = '') => ofType(template, type).find(({ id }) => id.startsWith(beginning))!.properties);
  expect(Object.values(CHECKS.CORS).flatMap((check) => check(template))).not.toEqual([]);
});
