import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { HandlerName } from '../contract/environment';

/** The resources of an area. Code that applies to all areas, such as routes and alarms, iterates over this. */
export interface Area {
  /** The functions, keyed by handler name. A route that names a handler is integrated with its function. */
  readonly handlers: Readonly<Partial<Record<HandlerName, lambda.Function>>>;
  /** Queues of messages that no function could process. An operator has to look at each message. */
  readonly deadLetterQueues: readonly sqs.Queue[];
}
