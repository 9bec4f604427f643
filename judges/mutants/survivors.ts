/** Mutants that no check needs to catch, with the reason. An entry that matches no surviving mutant is an error. */
export const SURVIVORS: [what: RegExp, reason: string][] = [
  [/: (DeletionPolicy|UpdateReplacePolicy)=Delete removed/, 'CloudFormation\'s default'],
  [/: DeletionProtection=INACTIVE removed/, 'Cognito\'s default'],
  [/: Replicas\.0\.DeletionProtectionEnabled=false removed/, 'DynamoDB\'s default'],
  [/: Replicas\.0\.GlobalSecondaryIndexes(\.\d)? removed/, 'the CDK writes only the names of the indexes, and no settings per replica'],
  [/FunctionStream\w+: BatchSize=100 removed/, 'Lambda\'s default for streams'],
  [/MethodSettings\.\d+\.DataTraceEnabled=false removed/, 'API Gateway\'s default'],
  [/: State=ENABLED removed/, 'EventBridge\'s default'],
  [/S3OriginConfig\.OriginAccessIdentity= removed/, 'empty, because the origin uses origin access control'],
  [/: (VerificationMessageTemplate|SmsVerificationMessage|EmailVerification(Message|Subject))/, 'message texts that the CDK sets, and for which Cognito has defaults'],
  [/AllowAdminCreateUserOnly=false -> true/, 'stricter than the original value in the only example with self sign-up'],
  [/LifecycleConfiguration\.Rules\.0\.Id=\w+ removed/, 'a name for readers only'],
  [/Origins\.0\.CustomOriginConfig(\.OriginSSLProtocols\S*)? removed/, 'the origin of an example\'s web app, which the user configures'],
  [/DefaultRootObject=index.html removed/, 'test/journey/browser.test.ts opens the web page of the example'],
  [/^VodTranscodeSubmitQueuePolicy\w+: .*=sqs:GetQueue(Attributes|Url) removed/, 'the CDK adds this action for a rule\'s target, but EventBridge does not use it'],
];
