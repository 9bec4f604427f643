import * as path from 'path';
import {
  App, CfnOutput, CustomResource, Duration, Fn, RemovalPolicy, Stack, aws_apigateway as apigateway, aws_cloudfront as cloudfront,
  aws_cloudfront_origins as origins, aws_cognito as cognito, aws_events as events, aws_events_targets as targets, aws_lambda as lambda, aws_s3 as s3,
  aws_s3_deployment as deployment, aws_sns as sns, aws_sns_subscriptions as subscriptions,
} from 'aws-cdk-lib';

const stack = new Stack(new App(), 'Fixture');
const web = new s3.Bucket(stack, 'Web', { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });
new deployment.BucketDeployment(stack, 'Files', { destinationBucket: web, sources: [deployment.Source.data('index.html', 'the page')] });
const api = new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false, deployOptions: { stageName: 'api' } });
const distribution = new cloudfront.Distribution(stack, 'Front', {
  defaultRootObject: 'index.html',
  defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(web) },
  additionalBehaviors: {
    '/api/*': {
      origin: new origins.HttpOrigin(Fn.join('.', [api.restApiId, 'execute-api', stack.region, stack.urlSuffix])),
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    },
  },
});
const minutes = Duration.minutes(60);
if (!process.env.FIXTURE_IDENTITY) {
  new cognito.UserPool(stack, 'Pool').addClient('Client', {
    generateSecret: true, enableTokenRevocation: true, accessTokenValidity: minutes, idTokenValidity: minutes, refreshTokenValidity: minutes,
    oAuth: { flows: { authorizationCodeGrant: true }, callbackUrls: [`https://${distribution.domainName}/api/authorize`] },
  });
}
const handler = (id: string, environment: Record<string, string>) => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromAsset(path.join(__dirname, 'handler')), environment,
});
const made = new CustomResource(stack, 'Made', {
  serviceToken: handler('Make', {}).functionArn, resourceType: 'Custom::Made', properties: { Fail: process.env.FIXTURE_FAILS ?? 'no' },
});
const environment = {
  MADE: made.getAttString('Value'), SERVICE_URL: `https://${distribution.domainName}`,
  ...process.env.FIXTURE_IDENTITY === 'other' && { ISSUER: 'https://identity.example.com' },
};
api.root.addResource('environment').addMethod('GET', new apigateway.LambdaIntegration(handler('Show', environment)));
if (process.env.FIXTURE_IDENTITY === 'imported') {
  const userPool = cognito.UserPool.fromUserPoolId(stack, 'Imported', 'eu-west-1_Imported1');
  const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, 'Authorizer', { cognitoUserPools: [userPool] });
  api.root.addResource('mine').addMethod('GET', undefined, { authorizer });
}
const eventBus = new events.EventBus(stack, 'Bus', { eventBusName: 'fixture' });
const night = handler('Night', { BUS: eventBus.eventBusName });
eventBus.grantPutEventsTo(night);
new events.Rule(stack, 'Nightly', { ruleName: 'nightly', schedule: events.Schedule.cron({ hour: '3', minute: '0' }), targets: [new targets.LambdaFunction(night)] });
const topic = new sns.Topic(stack, 'Topic');
topic.addSubscription(new subscriptions.EmailSubscription('ops@example.com'));
new events.Rule(stack, 'Night falls', {
  eventBus, eventPattern: { source: ['fixture'] },
  targets: [new targets.SnsTopic(topic, { message: events.RuleTargetInput.fromText(`night ${events.EventField.fromPath('$.detail.number')}`) })],
});
new CfnOutput(stack, 'Origin', { value: `https://${distribution.domainName}` });
