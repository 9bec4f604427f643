/** Mutants that no check catches, with the reason why that is acceptable. An entry that matches no surviving mutant is an error. */
export const SURVIVORS: [what: RegExp, reason: string][] = [
  [/: (DeletionPolicy|UpdateReplacePolicy)=Delete removed/, 'CloudFormation\'s default'],
  [/: DeletionProtection=INACTIVE removed/, 'Cognito\'s default'],
  [/: Replicas\.0\.DeletionProtectionEnabled=false removed/, 'DynamoDB\'s default'],
  [/: Replicas\.0\.GlobalSecondaryIndexes(\.\d)? removed/, 'no settings per replica: the CDK writes only the names of the indexes'],
  [/FunctionStream\w+: BatchSize=100 removed/, 'Lambda\'s default for streams'],
  [/MethodSettings\.\d+\.DataTraceEnabled=false removed/, 'API Gateway\'s default'],
  [/: State=ENABLED removed/, 'EventBridge\'s default'],
  [/S3OriginConfig\.OriginAccessIdentity= removed/, 'empty, because the origin uses origin access control'],
  [/: (VerificationMessageTemplate|SmsVerificationMessage|EmailVerification(Message|Subject))/, 'texts that the CDK sets; Cognito has defaults'],
  [/AllowAdminCreateUserOnly=false -> true/, 'stricter than the only example with self sign-up'],
  [/LifecycleConfiguration\.Rules\.0\.Id=\w+ removed/, 'a name for readers only'],
  [/Origins\.0\.CustomOriginConfig(\.OriginSSLProtocols\S*)? removed/, 'the origin of an example\'s web app, which the user configures'],
  [/DefaultRootObject=index.html removed/, 'the web page of an example; test/journey/browser.test.ts opens it'],
  [/^VodTranscodeSubmitQueuePolicy\w+: .*=sqs:GetQueue(Attributes|Url) removed/, 'the CDK grants it to a rule\'s target; EventBridge does not use it'],
];
