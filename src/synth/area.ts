import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { HandlerName } from '../contract/environment';

/** The resources of one part of the service (an area), such as uploads. */
export interface Area {
  /** By handler name. */
  readonly handlers: Readonly<Partial<Record<HandlerName, lambda.Function>>>;
  readonly deadLetterQueues: readonly sqs.Queue[];
}
