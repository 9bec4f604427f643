import { Arn, ArnFormat, Token } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { placeProblems } from '../../synth/place';
import { isAbsent, objectProblem } from '../../synth/prop-checks';

/**
 * Rejects a bus in a different region or account. PutEvents reaches only buses in the region of the function. A bus in a different account would need a policy
 * that allows PutEvents.
 */
export function eventBusProblems(scope: Construct, prop: string, eventBus: events.IEventBus | undefined): (string | undefined)[] {
  const wrong = objectProblem(prop, eventBus, 'an event bus, such as an events.EventBus', { members: ['eventBusName', 'eventBusArn', 'env'] });
  if (wrong || isAbsent(eventBus)) return [wrong];
  const { region = '', account = '' } = Token.isUnresolved(eventBus.eventBusArn) ? eventBus.env : Arn.split(eventBus.eventBusArn, ArnFormat.SLASH_RESOURCE_NAME);
  return placeProblems(scope, prop, 'bus', { region, account });
}
