import { CfnElement, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { SIGNING_KEY, CONSUMER } from './paths';
import type { ServerlessVod } from '../../src';
import { ofType, only, references, type CloudFormationTemplate } from '../../test/toolkit/template';

/** A resource that the picture shows. */
export interface Named {
  /** `{area}.{property}`, as an app finds it on `ServerlessVod`. */
  readonly name: string;
  readonly type: string;
  readonly logicalId: string;
}

/** The resource types that the picture shows. The value is the text above the name of a resource. */
const SHOWN: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::RestApi': 'REST API',
  'AWS::CloudFront::Distribution': 'CloudFront distribution',
  'AWS::Cognito::UserPool': 'Cognito user pool',
  'AWS::DynamoDB::GlobalTable': 'DynamoDB table',
  'AWS::Events::EventBus': 'EventBridge bus',
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

/** Every resource that the picture shows. */
export function namedResources(vod: ServerlessVod, consumer: Construct, template: CloudFormationTemplate): Named[] {
  const key = references(only(template, 'Custom::VodKeyPair').properties).find((id) => template.Resources[id]?.Type === 'AWS::SecretsManager::Secret')!;
  const areas = ofAreas(vod, template);
  const left = ofType(template, 'AWS::S3::Bucket').map(({ id }) => id).filter((id) => !areas.some(({ logicalId }) => logicalId === id));
  if (left.length > 0) throw new Error(`no public property names ${left}`);
  return [
    ...areas,
    { name: SIGNING_KEY, type: SHOWN['AWS::SecretsManager::Secret'], logicalId: key },
    { name: CONSUMER, type: SHOWN['AWS::SQS::Queue'], logicalId: logicalIdOf(consumer)! },
  ];
}
