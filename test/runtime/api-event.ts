import type { APIGatewayProxyEvent } from 'aws-lambda';

/** Returns an event of API Gateway. `userId` and `groups` describe the caller of the request. */
export function apiEvent(method: string, resource: string, given: {
  userId?: string; groups?: string[]; path?: Record<string, string>; query?: Record<string, string>; body?: unknown; headers?: Record<string, string>;
} = {}): APIGatewayProxyEvent {
  const { userId, groups, path = null, query, body, headers = {} } = given;
  return {
    httpMethod: method,
    resource,
    path: resource,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    pathParameters: path,
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query ? Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])) : null,
    stageVariables: null,
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'request', authorizer: userId === undefined ? undefined : { claims: { sub: userId, ...(groups && { 'cognito:groups': groups.join(',') }) } } } as APIGatewayProxyEvent['requestContext'],
  };
}
