import { setTimeout } from 'timers/promises';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { REFUSED_BACK_OFF_SECONDS } from '../contract/custom-resources';

/** What CloudFormation is told. Nothing secret: stack events and the template's `Fn::GetAtt` show it. */
export interface CustomResourceAnswer {
  readonly physicalResourceId: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

type Change<Properties> = (requestType: 'Create' | 'Update' | 'Delete', properties: Properties, physicalResourceId?: string) => Promise<CustomResourceAnswer>;

/**
 * Serves a custom resource: runs `change` and sends its answer to the address in the event, which is signed and never logged.
 * CloudFormation waits an hour for a lost answer, so every error becomes a FAILED one.
 *
 * CloudFormation calls as soon as IAM has accepted a permission, some seconds before IAM enforces it everywhere (aws-cdk issue 37675). So a `change` that
 * is refused runs again, for up to a minute: it must be idempotent.
 *
 * @param wait waits for some milliseconds
 */
export function serveCustomResource<Properties>(
  change: Change<Properties>, wait: (milliseconds: number) => Promise<unknown> = setTimeout,
): (event: CloudFormationCustomResourceEvent) => Promise<void> {
  async function retried(...request: Parameters<Change<Properties>>): Promise<CustomResourceAnswer> {
    for (const seconds of REFUSED_BACK_OFF_SECONDS) {
      try {
        return await change(...request);
      } catch (error) {
        if (!(error instanceof Error) || !/^AccessDenied(Exception)?$/.test(error.name)) throw error;
        console.warn({ message: 'refused by IAM; trying again', seconds, error: String(error) });
        await wait(seconds * 1000);
      }
    }
    return change(...request);
  }

  return async (event) => {
    const { RequestType, ResourceProperties, StackId, RequestId, LogicalResourceId, ResponseURL } = event;
    const previous = 'PhysicalResourceId' in event ? event.PhysicalResourceId : undefined;
    let outcome: object;
    try {
      const { physicalResourceId, attributes } = await retried(RequestType, ResourceProperties as unknown as Properties, previous);
      outcome = { Status: 'SUCCESS', PhysicalResourceId: physicalResourceId, Data: attributes };
    } catch (error) {
      console.error({ message: 'custom resource failed', requestType: RequestType, logicalId: LogicalResourceId, error: String(error) });
      outcome = { Status: 'FAILED', PhysicalResourceId: previous ?? LogicalResourceId, Reason: error instanceof Error ? `${error.name}: ${error.message}` : 'failed' };
    }
    // An empty content type, as CloudFormation's presigned address wants it.
    const response = await fetch(ResponseURL, {
      method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId }),
    });
    if (!response.ok) throw new Error(`CloudFormation took the answer with status ${response.status}`);
  };
}
