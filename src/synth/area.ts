import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { HandlerName } from '../contract/environment';

/** The resources of one area. An area is a part of the service, such as uploads. The code that creates routes or alarms reads the resources of every area. */
export interface Area {
  /** The functions, by handler name. Each route names a handler, and API Gateway invokes the function of this handler. */
  readonly handlers: Readonly<Partial<Record<HandlerName, lambda.Function>>>;
  /** Dead-letter queues, which contain messages that no function could process. */
  readonly deadLetterQueues: readonly sqs.Queue[];
}
