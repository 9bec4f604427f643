import { App, Aws, CfnParameter, Lazy, Stack, Stage } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { behaviors, delivered, distributionOf } from './delivered';
import { Identity, VodCatalog } from '../../src';
import { environmentOf } from '../toolkit/functions';
import { authIn, catalogIn, deliveryIn, SERVICE_URL, templateOf, testStack, vodIn, warningsOf } from '../toolkit/stacks';
import { type CloudFormationTemplate, ofType, only } from '../toolkit/template';

const ARN = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
const [, NAME] = SERVICE_URL.split('//');
const certificateIn = (stack: Stack, arn = ARN) => acm.Certificate.fromCertificateArn(stack, 'Certificate', arn);
const site = new origins.HttpOrigin('app.example.com');

describe('domainNames', () => {
  test('are aliases of the distribution, and the first is the service URL in all areas, known at synth', () => {
    const stack = testStack();
    const vod = vodIn(stack, { domainNames: [NAME, 'www.example.com'], certificate: certificateIn(stack), identity: Identity.userPool() });
    expect([vod.url, vod.delivery.url, vod.catalog.url]).toEqual([SERVICE_URL, SERVICE_URL, SERVICE_URL]);
    const template = templateOf(stack);
    expect(distributionOf(template)).toMatchObject({
      Aliases: [NAME, 'www.example.com'],
      ViewerCertificate: { AcmCertificateArn: ARN, MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
    });
    for (const name of ['auth/sign-in', 'catalog/read-videos', 'delivery/start-playback'] as const) {
      expect(environmentOf(template, name).SERVICE_URL).toBe(SERVICE_URL);
    }
    expect(only(template, 'AWS::Cognito::UserPoolClient').properties).toMatchObject({ CallbackURLs: [`${SERVICE_URL}/api/authorize`], LogoutURLs: [`${SERVICE_URL}/`] });
    expect(only(template, 'AWS::Cognito::UserPool').properties.AdminCreateUserConfig.InviteMessageTemplate.EmailMessage).toContain(`<a href="${SERVICE_URL}/api/login?return_to=%2F">`);
    const rules = ofType(template, 'AWS::S3::Bucket').flatMap(({ properties }) => properties.CorsConfiguration?.CorsRules ?? []);
    expect(rules.map(({ AllowedOrigins }) => AllowedOrigins)).toEqual([[SERVICE_URL]]);
    // The service URL contains the custom domain name, so no resource uses the distribution's cloudfront.net name.
    expect(JSON.stringify(template)).not.toContain('"DomainName"]');
  });

  test('let an app in the same stack use the service URL and the user pool, which depend on the distribution otherwise', () => {
    const templateWith = (withDomain: boolean) => {
      const stack = testStack();
      const app = new lambda.Function(stack, 'App', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('//') });
      const { url, auth } = vodIn(stack, {
        defaultBehavior: { origin: new origins.FunctionUrlOrigin(app.addFunctionUrl()) },
        ...withDomain && { domainNames: [NAME], certificate: certificateIn(stack) },
      });
      const facts = { URL: url, POOL: auth.userPool!.userPoolId, CLIENT: auth.userPoolClient!.userPoolClientId };
      Object.entries(facts).forEach(([name, value]) => app.addEnvironment(name, value));
      return templateOf(stack);
    };
    expect(() => templateWith(true)).not.toThrow();
    expect(() => templateWith(false)).toThrow('defaultBehavior, additionalBehaviors: expected origins that do not depend on the distribution, got a circular dependency '
      + '(Test/Vod/Delivery/Distribution -> Test/App/FunctionUrl -> Test/App -> Test/Vod/Delivery/Distribution). Set domainNames');
  });

  test('can be known only at deploy time', () => {
    const stack = testStack();
    const { valueAsString } = new CfnParameter(stack, 'Name');
    const vod = vodIn(stack, { domainNames: [valueAsString], certificate: certificateIn(stack) });
    expect(stack.resolve(vod.url)).toEqual({ 'Fn::Join': ['', ['https://', { Ref: 'Name' }]] });
    expect(environmentOf(templateOf(stack), 'delivery/start-playback').SERVICE_URL).toEqual(stack.resolve(vod.url));
  });

  describe('redirects of pages', () => {
    const functionsAt = (template: CloudFormationTemplate) => behaviors(template).default.FunctionAssociations;
    const withDomain = (defaultBehavior?: cloudfront.BehaviorOptions) => {
      const stack = testStack();
      return delivered({ domainNames: [NAME], certificate: certificateIn(stack), defaultBehavior }, stack).json();
    };
    const own = (eventType: cloudfront.FunctionEventType) => {
      const stack = testStack();
      const code = cloudfront.FunctionCode.fromInline('function handler({ response }) { return response; }');
      const functionAssociations = [{ eventType, function: new cloudfront.Function(stack, 'Own', { code }) }];
      return delivered({ domainNames: [NAME], certificate: certificateIn(stack), defaultBehavior: { origin: site, functionAssociations } }, stack).json();
    };

    test('need one function, in addition to your function for responses', () => {
      const template = withDomain({ origin: site });
      expect(functionsAt(template)).toEqual([{ EventType: 'viewer-request', FunctionARN: expect.anything() }]);
      expect(ofType(template, 'AWS::CloudFront::Function')).toHaveLength(1);
      const { '/v/*': media, '/api/*': api } = behaviors(template);
      expect([media.FunctionAssociations, api.FunctionAssociations]).toEqual([undefined, undefined]);
      expect(functionsAt(own(cloudfront.FunctionEventType.VIEWER_RESPONSE)).map(({ EventType }: any) => EventType)).toEqual(['viewer-response', 'viewer-request']);
    });

    test('are omitted with your own function for viewer requests, and without an app', () => {
      expect(functionsAt(own(cloudfront.FunctionEventType.VIEWER_REQUEST))).toHaveLength(1);
      const edgeLambdas = [{ eventType: cloudfront.LambdaEdgeEventType.VIEWER_RESPONSE, functionVersion: { edgeArn: 'arn:aws:lambda:us-east-1:123456789012:function:f:1' } as any }];
      expect(functionsAt(withDomain({ origin: site, edgeLambdas }))).toBeUndefined();
      expect(only(withDomain(), 'AWS::CloudFront::Function').properties.FunctionCode).toContain('statusCode: 404');
    });
  });

  const certificate = certificateIn(testStack());
  test.each(([
    [{ domainNames: [NAME] }, 'Test/Vod: certificate: expected an ACM certificate in us-east-1 that covers domainNames, got none. Import a certificate by its ARN with Certificate.fromCertificateArn'],
    [{ certificate }, 'Test/Vod: domainNames: expected the domain names of the certificate, got none'],
    [{ domainNames: [], certificate }, 'domainNames: expected a list of 1 or more items, such as [\'videos.example.com\'], got []'],
    [{ domainNames: NAME, certificate }, `domainNames: expected a list of 1 or more items, such as ['videos.example.com'], got "${NAME}"`],
    [{ domainNames: [NAME, NAME], certificate }, `domainNames: expected each name only once, got ${NAME} more than once`],
    [{ domainNames: ['*.example.com'], certificate }, 'domainNames[0]: expected a domain name without a wildcard, got "*.example.com". The service has only one URL'],
    [{ domainNames: [SERVICE_URL], certificate }, `domainNames[0]: expected a domain name in lower case, such as "videos.example.com", got "${SERVICE_URL}"; did you mean "${NAME}"?`],
    [{ domainNames: ['Videos.Example.com'], certificate }, 'got "Videos.Example.com"; did you mean "videos.example.com"?'],
    [{ domainNames: ['videos.example.com.'], certificate }, 'did you mean "videos.example.com"?'],
    [{ domainNames: ['videos.example.com/api'], certificate }, 'did you mean "videos.example.com"?'],
    [{ domainNames: ['videos.example.com:443'], certificate }, 'did you mean "videos.example.com"?'],
    [{ domainNames: ['bücher.example'], certificate }, 'did you mean "xn--bcher-kva.example"?'],
    [{ domainNames: ['localhost'], certificate }, 'domainNames[0]: expected a domain name'],
    [{ domainNames: ['192.0.2.1'], certificate }, 'domainNames[0]: expected a domain name'],
    [{ domainNames: [`${'a'.repeat(64)}.example.com`], certificate }, 'domainNames[0]: expected a domain name'],
    [{ domainNames: [NAME], certificate: ARN }, 'certificate: expected an ACM certificate in us-east-1 that covers domainNames, got "arn:'],
  ] as [props: object, message: string][]).map(([props, message]) => [message, props] as const))('are rejected with the message: %s', (message, props) => {
    expect(() => vodIn(testStack(), props)).toThrow(message);
  });

  const deliveryOf = (scope: Construct, id: string, domainNames: string[]) => {
    const stack = new Stack(scope, id);
    const catalog = VodCatalog.fromTable(stack, 'Catalog', { table: dynamodb.Table.fromTableName(stack, 'Table', 'videos'), url: `https://${domainNames[0]}`, roles: {} });
    return deliveryIn(stack, { catalog, domainNames, certificate: certificateIn(stack) });
  };

  test('are rejected if another distribution of the app has one of them', () => {
    const app = new App();
    deliveryOf(app, 'One', [NAME, 'www.example.com']);
    deliveryOf(app, 'Two', ['two.example.com']);
    new cloudfront.Distribution(new Stack(app, 'Site'), 'Site', { defaultBehavior: { origin: site }, domainNames: ['WWW.example.com'], certificate });
    expect(() => app.synth()).toThrow(/: *\n? *\[One\/Delivery\] domainNames\[1\]: expected a name that no other distribution has, got "www\.example\.com", which is also a domain name of Site\/Site\. [^[]*$/);
  });

  test('cause a warning if a distribution of another stage has one of them', () => {
    const app = new App();
    const [stack] = ['Blue', 'Green'].map((stage) => Stack.of(deliveryOf(new Stage(app, stage), 'Test', [NAME])));
    expect(warningsOf(stack)).toContainEqual(expect.stringMatching(/^\/Blue\/Test\/Delivery: domainNames\[0\]: .*, which is also a domain name of Green\/Test\/Delivery\/Distribution, in another Stage\. /));
  });

  test('are rejected as hosts of sign-in URLs, including the second name', () => {
    const stack = testStack();
    const identity = Identity.userPool({
      publicClient: { callbackUrls: ['com.example.app://callback', 'https://www.example.com./app'] },
      domain: { customDomain: { domainName: 'id.example.com', certificate: certificateIn(stack) } },
    });
    vodIn(stack, { domainNames: [NAME, 'www.example.com', 'id.example.com'], certificate, identity });
    expect(() => templateOf(stack)).toThrow(/\[Test\/Vod\/Auth\] publicClient\.callbackUrls\[1\]: expected a custom scheme, http:\/\/localhost or a host other [^]*\[Test\/Vod\/Auth\] domain\.customDomain\.domainName: expected a name that the service does not use/);
  });

  test.each([true, false])('are rejected as hosts of callback URLs, as is the name of the distribution (with a custom domain: %s)', (hasName) => {
    const app = new App();
    const delivery = hasName ? deliveryOf(app, 'One', [NAME]) : deliveryIn(new Stack(app, 'One'));
    const callback = Lazy.string({ produce: () => `https://${delivery.distribution.distributionDomainName}/cb` });
    const elsewhere = `https://${deliveryIn(new Stack(app, 'Two')).distribution.distributionDomainName}/cb`;
    const identity = Identity.userPool({ publicClient: { callbackUrls: [elsewhere, callback] } });
    authIn(Stack.of(delivery), { url: Lazy.string({ produce: () => delivery.url }), identity });
    expect(() => app.synth()).toThrow(/: *\n? *\[One\/Auth\] publicClient\.callbackUrls\[1\]: expected a custom scheme, http:\/\/localhost or a host other [^[]*$/);
  });

  test('are compared with their values in the template', () => {
    const app = new App();
    const lazy = (value: string) => Lazy.string({ produce: () => value });
    deliveryOf(app, 'One', [lazy(NAME)]);
    deliveryOf(app, 'Two', [NAME]);
    expect(() => app.synth()).toThrow(/\[One\/Delivery\] domainNames\[0\]: expected a name that no other distribution has[^]*\[Two\/Delivery\] domainNames\[0\]: expected a name that no other/);
  });

  test('are also checked without ServerlessVod, and must match the url of the catalog', () => {
    expect(() => delivered({ domainNames: ['*'] })).toThrow(/^Test\/Delivery: domainNames\[0\]: [^]+; certificate: expected/);
    const stack = testStack();
    const catalog = catalogIn(stack, { url: 'https://other.example.com' });
    expect(() => delivered({ catalog, domainNames: [NAME], certificate: certificateIn(stack) }, stack))
      .toThrow(`domainNames[0]: expected the host of the catalog's url ("https://other.example.com"), got "${NAME}"`);
  });
});

describe('a certificate', () => {
  const env = (region: string) => ({ env: { account: '123456789012', region } });
  const inStack = (app: App, id: string, props: object) => new acm.Certificate(new Stack(app, id, props), 'Certificate', { domainName: NAME });
  const taken = (make: (app: App, stack: Stack) => acm.ICertificate, props: object = { ...env('eu-west-1'), crossRegionReferences: true }) => {
    const app = new App();
    const stack = new Stack(app, 'Test', props);
    vodIn(stack, { domainNames: [NAME], certificate: make(app, stack) });
    return distributionOf(templateOf(stack)).ViewerCertificate.AcmCertificateArn;
  };

  test.each<[string, (app: App, stack: Stack) => acm.ICertificate]>([
    ['imported', (_, stack) => certificateIn(stack)],
    ['imported by an ARN that is known only at deploy time', (_, stack) => certificateIn(stack, new CfnParameter(stack, 'Arn').valueAsString)],
    ['of a stack in us-east-1', (app) => inStack(app, 'Certificates', { ...env('us-east-1'), crossRegionReferences: true })],
  ])('is accepted if it is %s', (_, make) => expect(taken(make)).toBeDefined());

  test('is accepted if the deprecated construct of CDK creates it in us-east-1', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const hostedZone = route53.HostedZone.fromHostedZoneAttributes(testStack(), 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });
    expect(taken((_, stack) => new acm.DnsValidatedCertificate(stack, 'Certificate', { domainName: NAME, region: 'us-east-1', hostedZone }))).toBeDefined();
    warn.mockRestore();
  });

  test('is accepted in the same stack if the region is known only at deploy time', () => {
    expect(taken((_, stack) => new acm.Certificate(stack, 'Certificate', { domainName: NAME }), {})).toEqual({ Ref: expect.any(String) });
  });

  test.each<[string, (app: App, stack: Stack) => acm.ICertificate, string]>([
    ['imported from another region', (_, stack) => certificateIn(stack, ARN.replace('us-east-1', 'eu-west-1')), 'got "arn:aws:acm:eu-west-1:123456789012:certificate/1"'],
    ['of IAM', (_, stack) => certificateIn(stack, 'arn:aws:iam::123456789012:server-certificate/x'), 'got "arn:aws:iam::'],
    ['of the stack in eu-west-1', (_, stack) => new acm.Certificate(stack, 'Certificate', { domainName: NAME }), 'got a certificate in the region eu-west-1'],
    ['of another stack in eu-central-1', (app) => inStack(app, 'Certificates', env('eu-central-1')), 'got a certificate in the region eu-central-1'],
  ])('is rejected if it is %s', (_, make, got) => {
    expect(() => taken(make)).toThrow(`Test/Vod: certificate: expected an ACM certificate in us-east-1 (the only region that CloudFront accepts), ${got}`);
  });

  test('is accepted if its ARN contains the region as a token', () => {
    expect(taken((_, stack) => certificateIn(stack, `arn:aws:acm:${Aws.REGION}:123456789012:certificate/1`), {})).toBeDefined();
  });
});
