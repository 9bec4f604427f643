import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/** What CloudFormation is told. Nothing secret: stack events and the template's `Fn::GetAtt` show it. */
export interface CustomResourceAnswer {
  readonly physicalResourceId: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Serves a custom resource: runs `change` and sends its answer to the address in the event, which is signed and never logged.
 * CloudFormation waits an hour for a lost answer, so every error becomes a FAILED one.
 */
export function serveCustomResource<Properties>(
  change: (requestType: 'Create' | 'Update' | 'Delete', properties: Properties, physicalResourceId?: string) => Promise<CustomResourceAnswer>,
): (event: CloudFormationCustomResourceEvent) => Promise<void> {
  return async (event) => {
    const { RequestType, ResourceProperties, StackId, RequestId, LogicalResourceId, ResponseURL } = event;
    const previous = 'PhysicalResourceId' in event ? event.PhysicalResourceId : undefined;
    let outcome: object;
    try {
      const { physicalResourceId, attributes } = await change(RequestType, ResourceProperties as unknown as Properties, previous);
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
