import { App, Aws, CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Access, Identity, OidcIdentityOptions, OidcToken, VodApi } from '../../../src';
import { ENVIRONMENTS } from '../../../src/contract/environment';
import { ROUTES } from '../../../src/contract/routes';
import { environmentOf, functionOf, functionsOf } from '../../toolkit/functions';
import { permissionsOf } from '../../toolkit/permissions';
import { authIn, catalogIn, testStack, vodIn } from '../../toolkit/stacks';
import { ofType, only, readable, references } from '../../toolkit/template';

const ISSUER = 'https://example.eu.auth0.com/';
const GUARDED = Object.entries(ROUTES).filter(([, { access }]) => access === 'signed-in').map(([operationId]) => operationId).sort();
const DECIDING = Object.values<readonly string[]>(ENVIRONMENTS).filter((names) => names.includes('ROLES')).length;

function service(identityOf: (stack: Stack) => Identity) {
  const stack = testStack();
  const vod = vodIn(stack, { identity: identityOf(stack) });
  return { vod, template: Template.fromStack(stack) };
}

const rolesOf = (template: Template) => functionsOf(template).flatMap(({ environment }) => ('ROLES' in environment ? [environment.ROLES] : []));

const deploymentOf = (template: Template): string => only(template, 'AWS::ApiGateway::Deployment').id;

const oidc = (options: Partial<OidcIdentityOptions> = {}) => service(() => Identity.oidc({ issuer: ISSUER, audiences: ['https://videos.example.com'], ...options }));

const existing = service((stack) => Identity.fromUserPool(
  cognito.UserPool.fromUserPoolArn(stack, 'Pool', 'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc'),
  cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', 'web1'),
  cognito.UserPoolClient.fromUserPoolClientId(stack, 'App', 'app1'),
));
const anyIssuer = oidc();
const own = service((stack) => Identity.fromAuthorizer(new apigateway.RequestAuthorizer(stack, 'Own', {
  handler: new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = null') }),
  identitySources: [apigateway.IdentitySource.header('X-Session')],
})));

describe.each([
  ['an existing user pool', existing, 'COGNITO_USER_POOLS'],
  ['any OpenID Connect issuer', anyIssuer, 'CUSTOM'],
  ['a custom Lambda authorizer', own, 'CUSTOM'],
])('with %s', (_what, { vod, template }, kind) => {
  const methods = ofType(template, 'AWS::ApiGateway::Method').map(({ properties }) => properties);

  test('has no sign-in routes, neither in the API nor in the OpenAPI document', () => {
    expect(methods.map(({ OperationName }) => OperationName).sort()).toEqual(['describeApi', ...GUARDED].sort());
    expect(environmentOf(template, 'api/describe-api').HANDLERS).not.toContain('sign-in');
    expect(vod.auth.signInFunction).toBeUndefined();
  });

  test('creates no user pool, no client and no client secret', () => {
    expect(Object.values(template.toJSON().Resources as Record<string, { Type: string }>).filter(({ Type }) => Type.startsWith('AWS::Cognito'))).toEqual([]);
    template.resourceCountIs('AWS::SecretsManager::Secret', 1);
    expect(template.toJSON()).not.toHaveProperty('Outputs');
  });

  test('has no admins by default, since existing groups can have other meanings', () => {
    expect(rolesOf(template)).toEqual(Array(DECIDING).fill('{"admins":[]}'));
  });

  test('uses the authorizer for every route that is not open', () => {
    const { id } = only(template, 'AWS::ApiGateway::Authorizer');
    const guarded = methods.filter(({ AuthorizationType }) => AuthorizationType !== 'NONE');
    expect(guarded.map(({ OperationName, AuthorizationType, AuthorizerId }) => [OperationName, AuthorizationType, AuthorizerId.Ref]).sort())
      .toEqual(GUARDED.map((name) => [name, kind, id]));
  });

  test('has no sign-in domain', () => {
    expect(vod.auth.domain).toBeUndefined();
  });
});

describe('an existing user pool', () => {
  test('accepts only tokens of the given clients', () => {
    existing.template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'COGNITO_USER_POOLS',
      IdentityValidationExpression: '^(?:web1|app1)$',
      AuthorizerResultTtlInSeconds: 60,
      ProviderARNs: ['arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc'],
    });
    expect(existing.vod.auth.userPool!.userPoolId).toBe('eu-west-1_abc');
  });

  test('creates a new API deployment for another pool or client, since a stage keeps its authorizer', () => {
    const deployment = (pool: string, client: string) => deploymentOf(service((stack) => Identity.fromUserPool(
      cognito.UserPool.fromUserPoolId(stack, 'Pool', pool), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', client),
    )).template);
    expect(deployment('eu-west-1_abc', 'web1')).toBe(deployment('eu-west-1_abc', 'web1'));
    expect(deployment('eu-west-1_abc', 'web2')).not.toBe(deployment('eu-west-1_abc', 'web1'));
    expect(deployment('eu-west-1_xyz', 'web1')).not.toBe(deployment('eu-west-1_abc', 'web1'));
  });

  test('has the region of its id in its ARN, even if the region of the stack is unknown at synth', () => {
    const stack = testStack();
    authIn(stack, { identity: Identity.fromUserPool(imported(stack, 'eu-west-1_abc'), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', 'web1')) }).guard(new VodApi(stack, 'Api'));
    const [arn] = only(Template.fromStack(stack), 'AWS::ApiGateway::Authorizer').properties.ProviderARNs;
    expect(readable(arn)).toBe('arn:AWS::Partition:cognito-idp:eu-west-1:AWS::AccountId:userpool/eu-west-1_abc');
  });

  test('rejects group names with a comma, which API Gateway would split', () => {
    const stack = testStack();
    const identity = Identity.fromUserPool(cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc'), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', 'web1'));
    expect(() => vodIn(stack, { identity, roles: { viewers: Access.group('a,b') } })).toThrow(/roles\.viewers: expected a group name without spaces and commas/);
  });

  test('requires a client', () => {
    expect(() => service((stack) => Identity.fromUserPool(cognito.UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_abc')))).toThrow(/^Test\/Vod\/Auth: identity: expected at least one client, as in fromUserPool/);
  });

  const people = (stack: Stack, id: string) => new cognito.UserPool(stack, id);
  const imported = (stack: Stack, id: string) => cognito.UserPool.fromUserPoolId(stack, `Imported${id}`, id);
  test('rejects a list of clients', () => {
    expect(() => service((stack) => {
      const userPool = new cognito.UserPool(stack, 'Pool');
      return Identity.fromUserPool(userPool, [userPool.addClient('Web')] as unknown as cognito.IUserPoolClient);
    })).toThrow('identity: expected each client in Identity.fromUserPool to be a client of the user pool, got a list. Pass each client as a separate argument');
  });

  const guarded = (clientId: string) => {
    const stack = testStack();
    const identity = Identity.fromUserPool(imported(stack, 'eu-west-1_abc'), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', clientId));
    const api = new VodApi(stack, 'Api');
    const vodAuth = authIn(stack, { identity });
    vodAuth.guard(api);
    catalogIn(stack, { roles: vodAuth.roles }).addRoutes(api);
    return only(Template.fromStack(stack), 'AWS::ApiGateway::Authorizer').properties.IdentityValidationExpression;
  };
  const lazy = (value: string) => Lazy.string({ produce: () => value });

  test.each(['.*', 'web1|.*', '', ' ', 'web-1', 'x'.repeat(129), `.*|${Aws.STACK_NAME}`, lazy('.*'), lazy(`.*|${Aws.STACK_NAME}`)])('rejects the client id %j, which would match other clients as a regular expression', (clientId) => {
    expect(() => guarded(clientId)).toThrow('identity: expected client ids of 1 to 128 letters, digits, "_" or "+" for fromUserPool, got ');
  });

  test.each([['a+b_1', '^(?:a\\+b_1)$'], [lazy('a+b'), '^(?:a\\+b)$'], [Aws.STACK_NAME, '^(?:AWS::StackName)$']])('escapes the client id %j in the regular expression', (clientId, expression) => {
    expect(readable(guarded(clientId))).toBe(expression);
  });

  test.each<[string, (stack: Stack) => [cognito.IUserPool, cognito.IUserPool]]>([
    ['of the stack', (stack) => [people(stack, 'P'), people(stack, 'Q')]],
    ['of another stack', (stack) => [people(new Stack(stack.node.root as App, 'Other'), 'P'), people(stack, 'Q')]],
    ['imported', (stack) => [imported(stack, 'eu-west-1_P'), imported(stack, 'eu-west-1_Q')]],
  ])('rejects a client of another pool (pools: %s)', (_, make) => {
    expect(() => service((stack) => {
      const [pool, other] = make(stack);
      return Identity.fromUserPool(pool, pool.addClient('Web'), other.addClient('App'));
    })).toThrow(/^Test\/Vod\/Auth: identity: expected each client in Identity\.fromUserPool to be a client of the user pool, got Test\/[\w-]+\/App, which is a client of another pool/);
  });

  test.each<[string, (stack: Stack) => Identity]>([
    ['of the pool, although the pool is also imported', (stack) => {
      const pool = people(stack, 'P');
      return Identity.fromUserPool(cognito.UserPool.fromUserPoolId(stack, 'Again', pool.userPoolId), pool.addClient('Web'));
    }],
    ['of a pool whose id is a parameter', (stack) => Identity.fromUserPool(
      cognito.UserPool.fromUserPoolId(stack, 'Pool', new CfnParameter(stack, 'PoolId').valueAsString), imported(stack, 'eu-west-1_P').addClient('Web'))],
    ['that is imported', (stack) => Identity.fromUserPool(people(stack, 'P'), cognito.UserPoolClient.fromUserPoolClientId(stack, 'Web', 'web1'))],
  ])('accepts a client %s', (_, identityOf) => expect(() => service(identityOf)).not.toThrow());
});

describe('any OpenID Connect issuer', () => {
  const rules = (template: Template) => JSON.parse(environmentOf(template, 'auth/authorize-token').TOKEN_RULES);

  test('accepts id tokens by default', () => {
    expect(rules(anyIssuer.template)).toEqual({ issuer: ISSUER, audiences: ['https://videos.example.com'], use: 'id', groupsClaim: 'groups' });
    anyIssuer.template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN', IdentitySource: 'method.request.header.Authorization', AuthorizerResultTtlInSeconds: 60,
    });
    expect(anyIssuer.vod.auth.issuer).toBe(ISSUER);
  });

  test('can reserve concurrency for its authorizer, which anonymous callers can invoke', () => {
    const reserved = (template: Template) => functionOf(template, 'auth/authorize-token').properties.ReservedConcurrentExecutions;
    expect([reserved(anyIssuer.template), reserved(oidc({ reservedConcurrentExecutions: 3 }).template)]).toEqual([undefined, 3]);
    expect(() => oidc({ reservedConcurrentExecutions: 1.5 })).toThrow('reservedConcurrentExecutions: expected a whole number of 1 or more, got 1.5');
  });

  test('accepts options for other token rules', () => {
    const { template } = oidc({
      token: OidcToken.ACCESS_TOKEN, groupsClaim: 'realm_access.roles', jwksUri: 'https://id.example.com/keys', cacheTtl: Duration.seconds(0),
    });
    expect(rules(template)).toMatchObject({ use: 'access', groupsClaim: 'realm_access.roles', jwksUri: 'https://id.example.com/keys' });
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', { AuthorizerResultTtlInSeconds: 0 });
  });

  test.each([
    ['a.b.c', true], ['Bearer a.b.c', true], ['bearer a-_0.b.c', true], ['a.b', false], ['a.b.c.d.e', false], ['Basic a.b.c', false], ['a.b.', false], ['', false],
  ])('invokes the authorizer with the header \'%s\': %s', (header, reaches) => {
    expect(new RegExp(only(anyIssuer.template, 'AWS::ApiGateway::Authorizer').properties.IdentityValidationExpression).test(header)).toBe(reaches);
  });

  test('allows only API Gateway to invoke the authorizer, which has no permission except logging', () => {
    const { id } = functionOf(anyIssuer.template, 'auth/authorize-token');
    const permitted = ofType(anyIssuer.template, 'AWS::Lambda::Permission').filter(({ properties }) => references(properties.FunctionName).includes(id));
    expect(permitted.map(({ properties }) => [properties.Principal, JSON.stringify(properties.SourceArn).includes('/authorizers/')])).toEqual([['apigateway.amazonaws.com', true]]);
    expect(permissionsOf(anyIssuer.template, 'auth/authorize-token')).toEqual([]);
  });

  test('creates a new API deployment for other settings, since a stage keeps its authorizer', () => {
    const deployment = (options: Partial<OidcIdentityOptions>) => deploymentOf(oidc(options).template);
    expect(deployment({})).toBe(deployment({ cacheTtl: Duration.minutes(1) }));
    expect(deployment({ cacheTtl: Duration.seconds(0) })).not.toBe(deployment({}));
  });

  test('accepts audiences that are known only at deploy time', () => {
    const { template } = service((stack) => Identity.oidc({ issuer: ISSUER, audiences: new CfnParameter(stack, 'Audiences', { type: 'CommaDelimitedList' }).valueAsList }));
    expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).toContain('{"Fn::GetAtt":["CdkJsonStringifyRefAudiences');
  });

  test.each<[Partial<OidcIdentityOptions>, RegExp]>([
    [{ issuer: 'id.example.com' }, /issuer: expected a URL such as/],
    [{ issuer: 'http://id.example.com' }, /issuer: expected https/],
    [{ issuer: 'http://id.example.com/x/' }, /got "http:\/\/id\.example\.com\/x\/"/],
    [{ issuer: 'https://id.example.com?x=1' }, /issuer: expected a URL such as/],
    [{ issuer: 'https://id.example.com/.well-known/openid-configuration' }, /issuer: expected a URL without \/\.well-known\//],
    [{ audience: 'a' } as object, /: audience: expected only issuer, audiences, /],
    [{ audiences: [] }, /audiences: expected a list of 1 or more items, got \[\]/],
    [{ audiences: undefined }, /audiences: expected at least one audience \(the client id for id tokens/],
    // If an app reads an audience from an environment variable that is not set, the audience is undefined.
    [{ audiences: ['a', undefined!, ' '] }, /audiences\[1\]: expected a value, got none; audiences\[2\]: expected .*got " "/],
    [{ groupsClaim: '' }, /groupsClaim: /],
    [{ jwksUri: 'keys' }, /jwksUri: expected a URL/],
    [{ cacheTtl: Duration.hours(2) }, /cacheTtl: expected a Duration in whole seconds from 0 seconds to 1 hour, got 2 hours/],
    [{ cacheTtl: Duration.millis(500) }, /cacheTtl: expected a Duration in whole seconds .*got 0.5 seconds/],
  ])('rejects %j', (options, message) => expect(() => oidc(options)).toThrow(message));
});

test('rejects a value that is not an Identity', () => {
  const expected = 'Test/Vod/Auth: identity: expected an Identity, such as Identity.userPool(), got';
  expect(() => service((stack) => new cognito.UserPool(stack, 'People') as unknown as Identity)).toThrow(`${expected} a user pool. Use Identity.fromUserPool(userPool, client)`);
  expect(() => service(() => Identity.userPool as unknown as Identity)).toThrow(`${expected} the function itself. Call the function, as in Identity.userPool()`);
  expect(() => service(() => ({ userPool: {} }) as unknown as Identity)).toThrow('Test/Vod/Auth: identity: expected an Identity, such as Identity.userPool(), got {');
});

describe('a created user pool', () => {
  test('passes its admins group to every handler that checks roles', () => {
    const { template } = service(() => Identity.userPool());
    expect(rolesOf(template)).toEqual(Array(DECIDING).fill('{"admins":["admins"]}'));
  });
});

describe('a custom Lambda authorizer', () => {
  test('must not be the Cognito authorizer of CDK, which accepts tokens of every client', () => {
    expect(() => service((stack) => Identity.fromAuthorizer(new apigateway.CognitoUserPoolsAuthorizer(stack, 'Own', { cognitoUserPools: [new cognito.UserPool(stack, 'Pool')] }))))
      .toThrow(/^Test\/Vod\/Auth: identity: .*expected Identity\.fromUserPool\(userPool, client\)/);
  });

  test('must be in the stack of the API', () => {
    const handler = (stack: Stack) => new lambda.Function(stack, 'WhoCalls', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('//') });
    const other = (stack: Stack) => new Stack(stack.node.root as App, 'Other');
    expect(() => service((stack) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(other(stack), 'Own', { handler: handler(stack) }))))
      .toThrow('Test/Vod/Auth: identity: expected an authorizer in the stack of the API ("Test"), got an authorizer in the stack "Other"');
  });

  test('requires a role if its function is in another stack, since a permission would refer to the API', () => {
    const authorizer = (withRole: boolean) => (stack: Stack) => Identity.fromAuthorizer(new apigateway.TokenAuthorizer(stack, 'Own', {
      handler: new lambda.Function(new Stack(stack.node.root as App, 'Other'), 'WhoCalls', { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('//') }),
      assumeRole: withRole ? new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com') }) : undefined,
    }));
    expect(() => service(authorizer(false))).toThrow('Test/Vod/Auth: identity: expected an authorizer with an assumeRole, because the authorizer\'s function is in another stack ("Other")');
    service(authorizer(true)).template.resourceCountIs('AWS::ApiGateway::Authorizer', 1);
  });

  test.each([undefined, 'arn:aws:lambda:eu-west-1:123456789012:function:who-calls', {}])('rejects %j', (authorizer) => {
    expect(() => service(() => Identity.fromAuthorizer(authorizer as any))).toThrow('Test/Vod/Auth: identity: expected an authorizer such as a TokenAuthorizer, got ');
  });

  test('is attached to the API by CDK', () => {
    own.template.hasResourceProperties('AWS::ApiGateway::Authorizer', { Type: 'REQUEST', IdentitySource: 'method.request.header.X-Session' });
    expect(own.vod.auth.issuer).toBeUndefined();
  });
});
