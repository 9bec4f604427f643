/** Mutants that no check notices, and why they may live. Each must still live: an entry without a mutant is an error. */
export const SURVIVORS: [what: RegExp, reason: string][] = [
  [/: (DeletionPolicy|UpdateReplacePolicy)=Delete removed/, 'CloudFormation\'s default'],
  [/: DeletionProtection=INACTIVE removed/, 'Cognito\'s default'],
  [/: Replicas\.0\.DeletionProtectionEnabled=false removed/, 'DynamoDB\'s default'],
  [/: Replicas\.0\.GlobalSecondaryIndexes(\.\d)? removed/, 'the replica\'s own settings of an index, of which there are none: the CDK writes the names only'],
  [/FunctionStream\w+: BatchSize=100 removed/, 'Lambda\'s default for streams'],
  [/MethodSettings\.\d+\.DataTraceEnabled=false removed/, 'API Gateway\'s default'],
  [/: State=ENABLED removed/, 'EventBridge\'s default'],
  [/S3OriginConfig\.OriginAccessIdentity= removed/, 'empty, since the origin has an access control instead'],
  [/: (VerificationMessageTemplate|SmsVerificationMessage|EmailVerification(Message|Subject))/, 'texts that the CDK sets: Cognito has its own'],
  [/AllowAdminCreateUserOnly=false -> true/, 'stricter than the one example that lets people sign up by themselves'],
  [/LifecycleConfiguration\.Rules\.0\.Id=\w+ removed/, 'a name for people'],
  [/Origins\.0\.CustomOriginConfig(\.OriginSSLProtocols\S*)? removed/, 'the app of an example, whose origin is the user\'s'],
  [/DefaultRootObject=index.html removed/, 'the page of an example: test/journey/browser.test.ts opens it'],
  [/^VodTranscodeSubmitQueuePolicy\w+: .*=sqs:GetQueue(Attributes|Url) removed/, 'the CDK grants it with a rule\'s target, EventBridge does not use it'],
];
