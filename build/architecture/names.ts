import { CfnElement, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { SIGNING_KEY, CONSUMER } from './paths';
import type { ServerlessVod } from '../../src';
import { ofType, only, references, type CloudFormationTemplate } from '../../test/toolkit/template';

export interface Named {
  /** The area and the public property of the resource, such as `upload.bucket`. */
  readonly name: string;
  readonly type: string;
  readonly logicalId: string;
}

/** The resource types that the picture shows, with the text above the resource's name. */
const SHOWN: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::RestApi': 'REST API',
  'AWS::CloudFront::Distribution': 'CloudFront distribution',
  'AWS::Cognito::UserPool': 'Cognito user pool',
  'AWS::DynamoDB::GlobalTable': 'DynamoDB table',
  'AWS::Events::EventBus': 'EventBridge bus',
  'AWS::IAM::Role': 'IAM role',
  'AWS::Lambda::Function': 'Lambda function',
  'AWS::MediaConvert::Queue': 'MediaConvert queue',
  'AWS::S3::Bucket': 'S3 bucket',
  'AWS::SecretsManager::Secret': 'secret',
  'AWS::SQS::Queue': 'SQS queue',
};

function logicalIdOf(value: unknown): string | undefined {
  if (!(value instanceof Construct)) return undefined;
  const element = CfnElement.isCfnElement(value) ? value : value.node.defaultChild;
  return element && CfnElement.isCfnElement(element) ? Stack.of(element).resolve(element.logicalId) : undefined;
}

/** Returns the resources that are public properties of an area. Functions that run only during deployments are omitted. */
function ofAreas(vod: ServerlessVod, template: CloudFormationTemplate): Named[] {
  const custom = Object.values(template.Resources).flatMap(({ Properties }) => references(Properties?.ServiceToken));
  const { auth, upload, transcode, catalog, delivery, api, sweeper } = vod;
  return Object.entries({ auth, upload, transcode, catalog, delivery, api, sweeper }).flatMap(([area, construct]) => (
    Object.entries(construct).flatMap(([property, value]) => {
      const logicalId = logicalIdOf(value);
      const type = logicalId && SHOWN[template.Resources[logicalId].Type];
      return logicalId && type && !property.startsWith('_') && !custom.includes(logicalId) ? [{ name: `${area}.${property}`, type, logicalId }] : [];
    })));
}

export function namedResources(vod: ServerlessVod, consumer: Construct, template: CloudFormationTemplate): Named[] {
  const key = references(only(template, 'Custom::VodKeyPair').properties).find((id) => template.Resources[id]?.Type === 'AWS::SecretsManager::Secret')!;
  const areas = ofAreas(vod, template);
  const left = ofType(template, 'AWS::S3::Bucket').map(({ id }) => id).filter((id) => !areas.some(({ logicalId }) => logicalId === id));
  if (left.length > 0) throw new Error(`expected a public property of an area for each bucket, got none for ${left}`);
  return [
    ...areas,
    { name: SIGNING_KEY, type: SHOWN['AWS::SecretsManager::Secret'], logicalId: key },
    { name: CONSUMER, type: SHOWN['AWS::SQS::Queue'], logicalId: logicalIdOf(consumer)! },
  ];
}
