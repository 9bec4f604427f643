import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';

/** The properties of `VodTranscode` that other constructs use. */
export interface IVodTranscode extends IConstruct {
  /** The SQS queue of uploaded videos whose MediaConvert job is not submitted yet. */
  readonly submitQueue: sqs.Queue;
  /** The function that submits MediaConvert jobs. */
  readonly submitJobFunction: lambda.Function;
  /** The IAM role that MediaConvert uses to read sources and write media files. */
  readonly jobRole: iam.Role;
}
