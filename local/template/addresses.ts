import type { Resource } from '../types';

/** Where the three listeners of this machine are. */
export interface Ports {
  /** The origin that users see. */
  readonly edge: number;
  /** Every call to AWS. */
  readonly door: number;
  /** Sign-in and its tokens. */
  readonly auth: number;
}

type Locate = (resource: Resource, ports: Ports, region: string) => [from: string, to: string][];

const LOCATIONS: Record<string, Locate> = {
  'AWS::CloudFront::Distribution': ({ attributes }, ports) => [[`https://${attributes.DomainName}`, `http://localhost:${ports.edge}`]],
  // The stage is the path prefix of the distribution's API behaviour, so both addresses lead to the same route.
  'AWS::ApiGateway::RestApi': ({ physicalId }, ports, region) =>
    [[`https://${physicalId}.execute-api.${region}.amazonaws.com`, `http://localhost:${ports.edge}`]],
  'AWS::Cognito::UserPoolDomain': ({ physicalId }, ports, region) =>
    [[`https://${physicalId}.auth.${region}.amazoncognito.com`, `http://127.0.0.1:${ports.auth}`]],
  'AWS::Cognito::UserPool': ({ physicalId }, ports, region) =>
    [[`https://cognito-idp.${region}.amazonaws.com/${physicalId}`, `http://127.0.0.1:${ports.auth}/${physicalId}`]],
  'AWS::S3::Bucket': ({ physicalId }, ports, region) => [
    [`https://${physicalId}.s3.${region}.amazonaws.com`, `http://127.0.0.1:${ports.door}/${physicalId}`],
    [`https://${physicalId}.s3.amazonaws.com`, `http://127.0.0.1:${ports.door}/${physicalId}`],
  ],
  'AWS::SQS::Queue': (_, ports, region) => [[`https://sqs.${region}.amazonaws.com`, `http://127.0.0.1:${ports.door}`]],
};

/** A function that replaces AWS's addresses of these resources by this machine's, in every string of a value. */
export function rewriter(resources: Resource[], ports: Ports, region: string): <T>(value: T) => T {
  const table = new Map(resources.flatMap((resource) => LOCATIONS[resource.type]?.(resource, ports, region) ?? []));
  const rewrite = (value: any): any => {
    if (typeof value === 'string') return [...table].reduce((text, [from, to]) => text.replaceAll(from, to), value);
    if (Array.isArray(value)) return value.map(rewrite);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner)]));
  };
  return rewrite;
}
