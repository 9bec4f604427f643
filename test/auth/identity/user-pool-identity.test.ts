import { Aspects, CfnParameter, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnUserPoolClient, type CustomDomainOptions } from 'aws-cdk-lib/aws-cognito';
import { auth, ESSENTIALS, MANAGED, synthesized } from './user-pool-stack';
import { Access, Identity, UserPoolIdentityOptions, VodAuth } from '../../../src';
import { functionOf } from '../../toolkit/functions';
import { permissionsOf, rolePolicies } from '../../toolkit/permissions';
import { authIn, SERVICE_URL, templateOf, testStack, warningsOf } from '../../toolkit/stacks';
import { ofType, only, plain, readable, withoutHash } from '../../toolkit/template';

const { stack: defaultStack, vodAuth: defaultAuth } = auth();
const template = Template.fromStack(defaultStack);
const json = JSON.stringify(template.toJSON());

describe('the domain', () => {
  test('has a prefix that is unique in its region, without words that Cognito reserves', () => {
    const { Domain } = only(template, 'AWS::Cognito::UserPoolDomain').properties;
    const uuid = '0a1b2c3d-0123-4567-89ab-0123456789ab';
    const prefix = plain(Domain, (ref) => (ref === 'AWS::StackId' ? `arn:aws:cloudformation:eu-west-1:123456789012:stack/Test/${uuid}` : undefined));
    expect(prefix).toMatch(new RegExp(`${uuid}$`));
    expect(prefix).toMatch(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
    expect(prefix).not.toMatch(/aws|amazon|cognito/);
  });

  test('has another prefix for a second pool of the stack', () => {
    const stack = testStack();
    ['One', 'Two'].forEach((id) => new VodAuth(stack, id, { url: SERVICE_URL }));
    const domains = ofType(Template.fromStack(stack), 'AWS::Cognito::UserPoolDomain').map(({ properties }) => readable(properties.Domain));
    expect(domains).toHaveLength(2);
    expect(new Set(domains).size).toBe(2);
  });
});

test('can reserve concurrency for the sign-in function, which anonymous callers can invoke', () => {
  const reserved = (made: Template) => functionOf(made, 'auth/sign-in').properties.ReservedConcurrentExecutions;
  expect([reserved(template), reserved(synthesized({ reservedConcurrentExecutions: 5 }))]).toEqual([undefined, 5]);
  expect(() => synthesized({ reservedConcurrentExecutions: 0 })).toThrow('reservedConcurrentExecutions: expected a whole number of 1 or more, got 0');
});

describe('managed login', () => {
  test('is off by default', () => {
    template.resourceCountIs('AWS::Cognito::ManagedLoginBranding', 0);
    template.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: Match.absent() });
  });

  test('creates a branding for each client, without which it shows no pages', () => {
    const managed = synthesized({ domain: MANAGED, userPool: ESSENTIALS, publicClient: { callbackUrls: ['com.example.app://callback'] } });
    managed.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: 2, Domain: Match.anyValue() });
    const clients = Object.keys(managed.findResources('AWS::Cognito::UserPoolClient'));
    const branded = ofType(managed, 'AWS::Cognito::ManagedLoginBranding');
    expect(branded.map(({ properties }) => [properties.ClientId.Ref, properties.UseCognitoProvidedValues])).toEqual(clients.map((id) => [id, true]));
    expect(clients).toHaveLength(2);
  });

  test('treats an undefined domain as omitted', () => {
    synthesized({ domain: { cognitoDomain: undefined } }).hasResourceProperties('AWS::Cognito::UserPoolDomain', { Domain: Match.anyValue() });
  });

  test('has no prefix with a custom domain', () => {
    const { stack } = auth();
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/c1');
    synthesized({ domain: { customDomain: { domainName: 'id.example.com', certificate } } }).hasResourceProperties('AWS::Cognito::UserPoolDomain', {
      Domain: 'id.example.com', CustomDomainConfig: { CertificateArn: certificate.certificateArn },
    });
  });
});

describe('permissions', () => {
  test('allow the copy function only to read the client and to write the secret', () => {
    expect(permissionsOf(template, 'auth/fill-client-secret')).toEqual([
      'cognito-idp:DescribeUserPoolClient on AuthUserPool.Arn', 'secretsmanager:PutSecretValue on AuthClientSecret',
    ]);
  });

  test('allow the sign-in function only to read the secret', () => {
    expect(permissionsOf(template, 'auth/sign-in')).toEqual(['secretsmanager:GetSecretValue on AuthClientSecret']);
  });

  test('exist for no other role, and without managed policies', () => {
    expect(Object.keys(rolePolicies(template)).map(withoutHash).sort()).toEqual(['AuthFillClientSecretRole', 'AuthSignInRole']);
    expect(json).not.toContain('ManagedPolicyArns');
  });
});

describe('props', () => {
  test('reports all errors at once, with the names of the props', () => {
    expect(() => auth({}, { appOrigins: ['https://app.example.com/', 'http://app.example.com', 'http://localhost:5173', 'app.example.com'] })).toThrow(
      /^Test\/Auth: appOrigins\[0\]: expected an origin .*appOrigins\[1\]: expected https .*appOrigins\[3\]: expected an origin/,
    );
    expect(() => auth({ firstAdmin: 'ada', publicClient: { callbackUrls: [] }, userPoolClient: { generateSecret: false, oAuth: {} } })).toThrow(
      /userPoolClient\.generateSecret: .*userPoolClient\.oAuth: .*publicClient\.callbackUrls: .*firstAdmin: expected an e-mail address, got "ada"/,
    );
    expect(() => new VodAuth(new Stack(), 'Auth', { url: `${SERVICE_URL}/` })).toThrow(/^Default\/Auth: url: expected an origin/);
    expect(() => auth({}, { roles: { uploaders: Access.group('') } })).toThrow(/^Test\/Auth: roles\.uploaders: /);
  });

  test.each<[UserPoolIdentityOptions, RegExp]>([
    ...['my-aws-videos', 'amazon', 'cognito1', 'Videos', 'videos.example', '-videos', 'videos-', '', 'x'.repeat(64)].map((domainPrefix): [UserPoolIdentityOptions, RegExp] => (
      [{ domain: { cognitoDomain: { domainPrefix } } }, /domain\.cognitoDomain\.domainPrefix: expected 1 to 63 lower-case letters.*and must not contain "aws", "amazon" or "cognito"/])),
    [{ domain: { managedLoginVersion: 'NEWER_MANAGED_LOGIN' as any } }, /domain\.managedLoginVersion: expected .*ManagedLoginVersion\.NEWER_MANAGED_LOGIN \(2\), got "NEWER_MANAGED_LOGIN"/],
    [{ userPool: { featurePlan: 'PLUS+' as any } }, /userPool\.featurePlan: expected FeaturePlan\.LITE \("LITE"\).*, got "PLUS\+"/],
    [{ userPool: { mfa: 'required' as any } }, /userPool\.mfa: expected Mfa\.OFF .*, got "required"/],
    [{ userPool: { removalPolicy: 'DESTROY' as any } }, /userPool\.removalPolicy: expected RemovalPolicy\.DESTROY \("destroy"\).*, got "DESTROY"/],
    [{ userPoolClient: { idTokenValidity: Duration.seconds(330) } }, /userPoolClient\.idTokenValidity: expected a Duration in whole minutes from 5 minutes to 1 day, got 5 minutes 30 seconds/],
    [{ userPoolClient: { accessTokenValidity: Duration.minutes(4) } }, /userPoolClient\.accessTokenValidity: .*got 4 minutes/],
    [{ userPoolClient: { refreshTokenValidity: Duration.millis(5_400_500) } }, /userPoolClient\.refreshTokenValidity: .*got 5400\.5 seconds/],
    [{ userPoolClient: { refreshTokenValidity: Duration.minutes(Lazy.number({ produce: () => 90 })) } }, /userPoolClient\.refreshTokenValidity: expected a duration that is known at synth/],
  ])('rejects %j', (options, message) => expect(() => auth(options)).toThrow(message));

  test.each([
    'http://example.com/cb', 'https://example.com/cb#x', 'nowhere', ' http://example.com/cb', 'https://example.com/a b',
    'javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///x', `javascript:${Lazy.string({ produce: () => 'x' })}`,
  ])('rejects the callback URL %j', (address) => {
    expect(() => auth({ publicClient: { callbackUrls: ['com.example.app://callback'], logoutUrls: [address] } })).toThrow(/^Test\/Auth: publicClient\.logoutUrls\[0\]: expected a URL/);
    expect(() => auth({ publicClient: { callbackUrls: ['http://localhost:8080/cb', address] } })).toThrow(/^Test\/Auth: publicClient\.callbackUrls\[1\]: expected a URL/);
  });

  test.each([SERVICE_URL, `${SERVICE_URL}/`, `${SERVICE_URL}/app/callback`, 'https://VIDEOS.example.com:443/?x', `${SERVICE_URL}/api/authorize`, `${SERVICE_URL}./cb`, 'https://x@videos.example.com/', `${SERVICE_URL.toUpperCase()}/${Lazy.string({ produce: () => 'x' })}`])('rejects a callback URL of the service: %s', (address) => {
    expect(() => auth({ publicClient: { callbackUrls: [address] } })).toThrow(
      /^Test\/Auth: publicClient\.callbackUrls\[0\]: expected a custom scheme, http:\/\/localhost or a host other than the host of this service, got /,
    );
  });

  test('rejects a repeated callback URL', () => {
    expect(() => auth({ publicClient: { callbackUrls: ['app://x', 'app://x'] } })).toThrow('Test/Auth: publicClient.callbackUrls: expected each URL only once, got app://x more than once');
  });

  test('warns about a callback URL at cloudfront.net, since synth cannot know whose it is', () => {
    const { stack } = auth({ publicClient: { callbackUrls: ['app://x', 'https://d111111abcdef8.cloudfront.net/cb', 'https://cloudfront.net.example.com/cb'] } });
    expect(warningsOf(stack)).toEqual([expect.stringContaining('/Test/Auth: publicClient.callbackUrls[1]: synth cannot know whether https://d111111abcdef8.cloudfront.net/cb is a URL of this service')]);
  });

  const arn = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
  test.each<[CustomDomainOptions, string]>([
    [{ domainName: 'videos.example.com', certificate: { certificateArn: arn } as any }, 'domainName: expected a name that the service does not use, got "videos.example.com"'],
    [{ domainName: 'ID.example.com', certificate: { certificateArn: arn } as any }, 'domainName: expected a domain name in lower case, such as "videos.example.com", got "ID.example.com"; did you mean "id.example.com"?'],
    [{ domainName: 'id.example.com', certificate: { certificateArn: arn.replace('us-east-1', 'eu-west-1') } as any }, 'certificate: expected an ACM certificate in us-east-1 (the only region that CloudFront accepts), got "arn:aws:acm:eu-west-1:'],
    [{ domainName: 'id.example.com' } as any, ': expected a domain name and its certificate, got {"domainName":"id.example.com"} without certificate'],
  ])('rejects a custom domain that CloudFront would reject: %#', (customDomain, message) => {
    expect(() => auth({ domain: { customDomain } })).toThrow(`Test/Auth: domain.customDomain${message.startsWith(':') ? '' : '.'}${message}`);
  });

  test('rejects a callback URL of the service even if its domain is known only at deploy time', () => {
    const origin = `https://${Lazy.string({ produce: () => 'd111111abcdef8.cloudfront.net' })}`;
    expect(() => auth({ publicClient: { callbackUrls: [`${origin}/app`] } }, { url: origin })).toThrow(/publicClient\.callbackUrls\[0\]: expected a custom scheme, http:\/\/localhost or a host other/);
    expect(() => auth({ publicClient: { callbackUrls: [`${origin}.example/app`] } }, { url: origin })).not.toThrow();
  });

  const lazy = (value: string) => Lazy.string({ produce: () => value });
  const byAspect = (publicClient: Partial<CfnUserPoolClient>) => (stack: Stack) => Aspects.of(stack).add({
    visit: (node) => { if (node instanceof CfnUserPoolClient && node.node.path.includes('PublicClient')) Object.assign(node, publicClient); },
  });
  const own = 'callbackUrls[0]: expected a custom scheme, http://localhost or a host other than the host of this service';
  const asItIs = () => undefined;
  test.each<[string, string[], string, (stack: Stack) => void]>([
    ['lazy', [lazy(`${SERVICE_URL}:443/cb`)], own, asItIs],
    ['in a lazy list', Lazy.list({ produce: () => [`${SERVICE_URL}/cb`] }), own, asItIs],
    ['joined', [Fn.join('', ['https://', 'videos.example.com', '/cb'])], own, asItIs],
    ['set by an aspect', ['app://x'], own, byAspect({ callbackUrLs: [`${SERVICE_URL}/cb`] })],
    ['lazy, with a scheme of browsers', [lazy('javascript:alert(1)')], 'callbackUrls[0]: expected a URL without spaces and fragment that begins with https', asItIs],
    ['for sign-out, with a scheme of browsers', ['app://x'], 'logoutUrls[0]: expected a URL without spaces and fragment that begins with https', byAspect({ logoutUrLs: ['data:text/html,x'] })],
  ])('rejects a URL that is known only at the end of synth: %s', (_, callbackUrls, message, change) => {
    const { stack } = auth({ publicClient: { callbackUrls } });
    change(stack);
    expect(() => templateOf(stack)).toThrow(`[Test/Auth] publicClient.${message}`);
  });

  test.each([':443', '.', ''])('rejects a callback URL of the service if its name is a parameter, followed by "%s"', (more) => {
    const stack = testStack();
    const [name, other] = ['Name', 'Other'].map((id) => new CfnParameter(stack, id).valueAsString);
    const made = (host: string) => () => authIn(stack, { url: `https://${name}`, identity: Identity.userPool({ publicClient: { callbackUrls: [`https://${host}${more}/cb`] } }) });
    expect(made(name)).toThrow(own);
    stack.node.tryRemoveChild('Auth');
    expect(made(other)).not.toThrow();
  });

  test('passes the allowed return origins to the handler', () => {
    synthesized({}, { appOrigins: ['http://localhost:5173'] }).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { RETURN_ORIGINS: '["http://localhost:5173"]', SERVICE_URL } },
    });
  });

  test('has the issuer of the pool and the URL of its domain', () => {
    expect(defaultStack.resolve(defaultAuth.issuer)).toEqual({ 'Fn::GetAtt': [only(template, 'AWS::Cognito::UserPool').id, 'ProviderURL'] });
    expect(readable(defaultStack.resolve(defaultAuth.domain!.baseUrl()))).toBe('https://AuthUserPoolDomain.auth.AWS::Region.amazoncognito.com');
  });
});

test('adds the routes of the sign-in handler', () => {
  const served: unknown[] = [];
  defaultAuth.addRoutes({ _serve: (area: unknown) => served.push(area) } as unknown as Parameters<VodAuth['addRoutes']>[0]);
  expect(served).toHaveLength(1);
  expect(served[0]).toBe(defaultAuth._area);
  expect(defaultAuth._area.handlers['auth/sign-in']).toBe(defaultAuth.signInFunction);
});
