/** Mutants that no check needs to catch, with the reason. An entry that matches no surviving mutant is an error. */
export const SURVIVORS: [what: RegExp, reason: string][] = [
  [/: (DeletionPolicy|UpdateReplacePolicy)=Delete removed/, 'CloudFormation\'s default'],
  [/: DeletionProtection=INACTIVE removed/, 'Cognito\'s default'],
  [/: Replicas\.0\.DeletionProtectionEnabled=false removed/, 'DynamoDB\'s default'],
  [/: Replicas\.0\.GlobalSecondaryIndexes(\.\d)? removed/, 'the CDK writes only the names of the indexes, and no settings per replica'],
  [/FunctionStream\w+: BatchSize=100 removed/, 'the value is Lambda\'s default for streams'],
  [/MethodSettings\.\d+\.DataTraceEnabled=false removed/, 'API Gateway\'s default'],
  [/: State=ENABLED removed/, 'EventBridge\'s default'],
  [/S3OriginConfig\.OriginAccessIdentity= removed/, 'the value is empty, because the origin uses origin access control'],
  [/: (VerificationMessageTemplate|SmsVerificationMessage|EmailVerification(Message|Subject))/, 'the CDK sets these message texts, but Cognito has defaults'],
  [/AllowAdminCreateUserOnly=false -> true/, 'the changed user pool is stricter, because it forbids self sign-up'],
  [/LifecycleConfiguration\.Rules\.0\.Id=\w+ removed/, 'the id of a lifecycle rule is only a name for readers'],
  [/Origins\.0\.CustomOriginConfig(\.OriginSSLProtocols\S*)? removed/, 'the user configures the origin of the web app in this example'],
  [/DefaultRootObject=index.html removed/, 'test/journey/browser.test.ts opens the web page of the example'],
  [/^VodTranscodeSubmitQueuePolicy\w+: .*=sqs:GetQueue(Attributes|Url) removed/, 'the CDK adds this action for a rule\'s target, but EventBridge does not use it'],
];
