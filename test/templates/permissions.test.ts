import { CloudFormationTemplate, example, EXAMPLES, isOurs, ofType, references, rolePolicies, Statement, statements } from './templates';

const names = Object.keys(EXAMPLES) as (keyof typeof EXAMPLES)[];

/** Actions that IAM's service authorization reference gives no resource. */
const WITHOUT_RESOURCE = ['mediaconvert:Probe'];

/** Where people sign in elsewhere. */
const WITHOUT_SIGN_IN: string[] = ['an existing pool', 'any issuer', 'an authorizer of one\'s own'] satisfies (keyof typeof EXAMPLES)[];

/** Every statement of a template that is ours, with the logical id of what carries it. */
function ownStatements(template: CloudFormationTemplate): [string, Statement][] {
  const attached = Object.entries(template.Resources).filter(([id]) => isOurs(id)).flatMap(([id, { Type, Properties }]) => {
    if (Type === 'AWS::S3::BucketPolicy' || Type === 'AWS::SQS::QueuePolicy') {
      return statements(Properties!.PolicyDocument).map((statement): [string, Statement] => [id, statement]);
    }
    return [];
  });
  const roles = Object.entries(rolePolicies(template)).filter(([id]) => isOurs(id))
    .flatMap(([id, found]) => found.map((statement): [string, Statement] => [id, statement]));
  return [...attached, ...roles];
}

/** Function's logical id -> its role's. */
function roleOf(template: CloudFormationTemplate, functionId: string): string {
  return references(template.Resources[functionId].Properties!.Role)[0];
}

describe.each(names)('permissions in %s', (name) => {
  const template = example(name);
  const own = ownStatements(template);

  test('name their actions: no wildcard', () => {
    const wild = own.filter(([, { Effect }]) => Effect === 'Allow').flatMap(([id, { Action }]) => Action.filter((action) => action.includes('*')).map((action) => `${id} ${action}`));
    expect(own.length).toBeGreaterThan(10);
    expect(wild).toEqual([]);
  });

  test('name their resources, where AWS knows any', () => {
    const wild = own.filter(([, { Effect, Resource }]) => Effect === 'Allow' && Resource.includes('*')).flatMap(([, { Action }]) => Action);
    expect(wild.filter((action) => !WITHOUT_RESOURCE.includes(action))).toEqual([]);
  });

  test('carry no managed policy', () => {
    for (const [id, { Properties }] of Object.entries(ofType(template, 'AWS::IAM::Role'))) {
      if (isOurs(id)) expect([id, Properties!.ManagedPolicyArns]).toEqual([id, undefined]);
    }
  });

  test('each method may call its function', () => {
    const permitted = Object.values(ofType(template, 'AWS::Lambda::Permission'))
      .filter(({ Properties }) => Properties!.Principal === 'apigateway.amazonaws.com' && !JSON.stringify(Properties!.SourceArn).includes('/authorizers/'))
      .map(({ Properties }) => `${references(Properties!.FunctionName)[0]} ${JSON.stringify(Properties!.SourceArn).match(/\/((?:GET|POST|PUT|PATCH|DELETE)\/[^"]*)"/)?.[1]}`);
    const resources = ofType(template, 'AWS::ApiGateway::Resource');
    const pathOf = (reference: any): string => {
      const resource = resources[reference?.Ref];
      return resource ? `${pathOf(resource.Properties!.ParentId)}/${resource.Properties!.PathPart}` : '';
    };
    const needed = Object.values(ofType(template, 'AWS::ApiGateway::Method')).map(({ Properties }) => {
      const functionId = references(Properties!.Integration.Uri).find((id) => template.Resources[id]?.Type === 'AWS::Lambda::Function');
      return `${functionId} ${Properties!.HttpMethod}${pathOf(Properties!.ResourceId).replace(/{\w+}/g, '*')}`;
    });
    expect(needed.length).toBeGreaterThan(4);
    expect(needed.filter((need) => !permitted.includes(need))).toEqual([]);
    expect(permitted.length).toBe(needed.length);
  });

  test('each guarded method has the authorizer, and only the named ones are open', () => {
    const methods = Object.values(ofType(template, 'AWS::ApiGateway::Method')).map(({ Properties }) => Properties!);
    const open = methods.filter(({ AuthorizationType }) => AuthorizationType === 'NONE').map(({ OperationName }) => OperationName);
    expect(open.sort()).toEqual(WITHOUT_SIGN_IN.includes(name) ? ['describeApi'] : ['authorize', 'describeApi', 'login', 'refreshTokens', 'revokeTokens']);
    const [[authorizer, { Properties: { Type } = {} }], ...others] = Object.entries(ofType(template, 'AWS::ApiGateway::Authorizer'));
    expect(others).toEqual([]);
    for (const { AuthorizationType, AuthorizerId } of methods.filter(({ OperationName }) => !open.includes(OperationName))) {
      expect([AuthorizationType, AuthorizerId]).toEqual([Type === 'TOKEN' ? 'CUSTOM' : 'COGNITO_USER_POOLS', { Ref: authorizer }]);
    }
  });

  test('each rule may reach its targets', () => {
    const rules = Object.entries(ofType(template, 'AWS::Events::Rule'));
    expect(rules.length).toBeGreaterThanOrEqual(2);
    for (const [ruleId, { Properties }] of rules) {
      for (const target of Properties!.Targets) {
        const [targetId] = references(target.Arn);
        const fromRule = (condition: any): boolean => references(condition).includes(ruleId);
        const allowed = template.Resources[targetId].Type === 'AWS::SQS::Queue'
          ? Object.values(ofType(template, 'AWS::SQS::QueuePolicy')).some(({ Properties: policy }) => references(policy!.Queues).includes(targetId)
            && statements(policy!.PolicyDocument).some(({ Effect, Action, Principal, Condition }) => Effect === 'Allow' && Action.includes('sqs:SendMessage')
              && JSON.stringify(Principal) === '{"Service":"events.amazonaws.com"}' && fromRule(Condition)))
          : Object.values(ofType(template, 'AWS::Lambda::Permission')).some(({ Properties: permission }) => permission!.Principal === 'events.amazonaws.com'
            && references(permission!.FunctionName).includes(targetId) && fromRule(permission!.SourceArn));
        expect([ruleId, targetId, allowed]).toEqual([ruleId, targetId, true]);
      }
    }
  });

  test('each queue that feeds a function may be read by it', () => {
    const mappings = Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping'));
    expect(mappings.length).toBeGreaterThan(0);
    for (const { Properties } of mappings) {
      const [queueId] = references(Properties!.EventSourceArn);
      const role = rolePolicies(template)[roleOf(template, references(Properties!.FunctionName)[0])];
      for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
        expect([action, role.some(({ Action, Resource }) => Action.includes(action) && references(Resource).includes(queueId))]).toEqual([action, true]);
      }
    }
  });

  test('each queue and bucket refuses what is not TLS', () => {
    for (const [type, policyType, property] of [['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues'], ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket']]) {
      for (const id of Object.keys(ofType(template, type)).filter(isOurs)) {
        const denied = Object.values(ofType(template, policyType)).some(({ Properties }) => references(Properties![property]).includes(id)
          && statements(Properties!.PolicyDocument).some(({ Effect, Condition }) => Effect === 'Deny' && JSON.stringify(Condition).includes('aws:SecureTransport')));
        expect([id, denied]).toEqual([id, true]);
      }
    }
  });
});

describe('who may do what', () => {
  const template = example('smallest');
  const policies = rolePolicies(template);
  const functions = Object.entries(ofType(template, 'AWS::Lambda::Function')).map(([id, { Properties }]) => ({
    name: (Properties!.Description as string), id, actions: [...new Set(policies[roleOf(template, id)].flatMap(({ Action }) => Action))].sort(),
  }));
  const may = (action: string): string[] => functions.filter(({ actions }) => actions.includes(action)).map(({ id }) => id.replace(/[0-9A-F]{8}$/, '')).sort();

  test('every function writes its own log and no other', () => {
    for (const { id } of functions) {
      const logs = policies[roleOf(template, id)].filter(({ Action }) => Action.some((action) => action.startsWith('logs:')));
      expect(logs.flatMap(({ Action }) => Action).sort()).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
      expect(references(logs.map(({ Resource }) => Resource))).toEqual([references(template.Resources[id].Properties!.LoggingConfig)[0]]);
    }
  });

  /** Each action of value, and all who have it: whoever is not named must not. */
  test.each([
    ['cognito-idp:DescribeUserPoolClient', ['VodAuthFillClientSecret']],
    ['secretsmanager:PutSecretValue', ['VodAuthFillClientSecret', 'VodDeliveryKeysMakeKeyPair']],
    ['secretsmanager:GetSecretValue', ['VodAuthSignIn', 'VodDeliveryKeysMakeKeyPair', 'VodDeliveryStartPlayback']],
    ['s3:PutObject', ['VodUploadPlanUpload']],
    ['s3:GetObject', ['VodTranscodeSubmitJob']],
    ['s3:DeleteObject', []],
    ['dynamodb:PutItem', ['VodUploadPlanUpload']],
    ['dynamodb:UpdateItem', ['VodTranscodeRecordJobEvent', 'VodTranscodeSubmitJob']],
    ['dynamodb:DeleteItem', []],
    ['dynamodb:Scan', []],
    ['mediaconvert:CreateJob', ['VodTranscodeSubmitJob']],
    ['iam:PassRole', ['VodTranscodeSubmitJob']],
    ['lambda:InvokeFunction', []],
  ])('%s', (action, allowed) => expect(may(action)).toEqual(allowed));

  test('the key of playback and the secret of sign-in have one reader each', () => {
    const readers = (secretPart: string) => functions.filter(({ id }) => policies[roleOf(template, id)]
      .some(({ Action, Resource }) => Action.includes('secretsmanager:GetSecretValue') && references(Resource).some((secret) => secret.includes(secretPart))))
      .map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(readers('VodAuth')).toEqual(['VodAuthSignIn']);
    expect(readers('VodDelivery').sort()).toEqual(['VodDeliveryKeysMakeKeyPair', 'VodDeliveryStartPlayback']);
  });

  test('PassRole passes one role, to MediaConvert only', () => {
    const passes = Object.values(policies).flat().filter(({ Action }) => Action.includes('iam:PassRole'));
    expect(passes).toHaveLength(1);
    expect(passes[0].Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'mediaconvert.amazonaws.com' } });
    expect(template.Resources[references(passes[0].Resource)[0]].Type).toBe('AWS::IAM::Role');
  });

  test('no function has an address of its own, and no bucket is public', () => {
    expect(ofType(template, 'AWS::Lambda::Url')).toEqual({});
    for (const { Properties } of Object.values(ofType(template, 'AWS::S3::Bucket'))) {
      expect(Object.values(Properties!.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    }
  });
});
