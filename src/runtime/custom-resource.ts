import { setTimeout } from 'timers/promises';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { REFUSED_BACK_OFF_SECONDS } from '../contract/custom-resources';

/** The result of a custom resource. Stack events and `Fn::GetAtt` expose the result, so the result must not contain secrets. */
export interface CustomResourceAnswer {
  readonly physicalResourceId: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

type Change<Properties> = (requestType: 'Create' | 'Update' | 'Delete', properties: Properties, physicalResourceId?: string) => Promise<CustomResourceAnswer>;

/**
 * Runs `change` and sends the result to the signed URL in the event. The URL is never logged. Every error leads to a `FAILED` response, because CloudFormation
 * would otherwise wait for the whole service timeout.
 *
 * CloudFormation can invoke the function some seconds before a new IAM permission takes effect (aws-cdk issue 37675). Therefore, if IAM denies access, the
 * function retries `change` for up to a minute. `change` must be idempotent.
 *
 * @param wait function that waits for the given number of milliseconds
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
        console.warn({ message: 'access denied by IAM; retrying', seconds, error: String(error) });
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
    // CloudFormation's signed URL requires an empty content type.
    const response = await fetch(ResponseURL, {
      method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId }),
    });
    if (!response.ok) throw new Error(`CloudFormation's response URL returned status ${response.status}`);
  };
}
