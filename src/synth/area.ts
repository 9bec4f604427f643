import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { HandlerName } from '../contract/environment';

/** What an area consists of. Whatever applies to all areas, such as routes and alarms, iterates over this. */
export interface Area {
  /** The functions, by the handler that each runs: routes that name the handler lead to its function. */
  readonly handlers: Readonly<Partial<Record<HandlerName, lambda.Function>>>;
  /** Queues of messages that no function could handle: each one needs a person. */
  readonly deadLetterQueues: readonly sqs.Queue[];
}
