/** Mutants that no check needs to catch, with the reason. An entry that matches no surviving mutant is an error. */
export const SURVIVORS: [what: RegExp, reason: string][] = [
  [/: (DeletionPolicy|UpdateReplacePolicy)=Delete removed/, 'CloudFormation\'s default'],
  [/: DeletionProtection=INACTIVE removed/, 'Cognito\'s default'],
  [/: Replicas\.0\.DeletionProtectionEnabled=false removed/, 'DynamoDB\'s default'],
  [/: Replicas\.0\.GlobalSecondaryIndexes(\.\d)? removed/, 'the removed entry contains no settings, only the name of an index'],
  [/FunctionStream\w+: BatchSize=100 removed/, 'the value is Lambda\'s default for streams'],
  [/MethodSettings\.\d+\.DataTraceEnabled=false removed/, 'API Gateway\'s default'],
  [/: State=ENABLED removed/, 'EventBridge\'s default'],
  [/S3OriginConfig\.OriginAccessIdentity= removed/, 'the value is empty, because the origin uses origin access control'],
  [/: (VerificationMessageTemplate|SmsVerificationMessage|EmailVerification(Message|Subject))/, 'the CDK adds these texts; without them, Cognito sends its default texts'],
  [/AllowAdminCreateUserOnly=false -> true/, 'the changed user pool is stricter, because it forbids self sign-up'],
  [/LifecycleConfiguration\.Rules\.\d\.Id=[\w /]+ removed/, 'the id of a lifecycle rule does not change what the rule does'],
  [/Origins\.0\.CustomOriginConfig(\.OriginSSLProtocols\S*)? removed/, 'the library does not configure this origin, which is the web app of the example'],
  [/DefaultCacheBehavior\.FunctionAssociations\S* removed/, 'only test/journey/browser opens the web page that this function serves'],
  [/DefaultRootObject=index.html removed/, 'only test/journey/browser/page.test.ts opens the web page that this root object serves'],
  [/^Vod(?:TranscodeSubmit|Ingest)QueuePolicy\w+: .*=sqs:GetQueue(Attributes|Url) removed/, 'EventBridge does not use this action, which the CDK adds for the target of a rule'],
];
