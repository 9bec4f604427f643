import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { HandlerName } from '../contract/environment';

/** The resources of an area. Code that applies to all areas, such as code that creates routes or alarms, reads them from each area. */
export interface Area {
  /** The functions, keyed by handler name. A route that names a handler is integrated with its function. */
  readonly handlers: Readonly<Partial<Record<HandlerName, lambda.Function>>>;
  /** Dead-letter queues, whose messages no function could process. */
  readonly deadLetterQueues: readonly sqs.Queue[];
}
