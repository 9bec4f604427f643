import type { ServerResponse } from 'http';
import type { AwsError } from '../types';

/** Answers in AWS's JSON protocols. */
export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

/** Writes an error as AWS's JSON protocols do. */
export function failJson(error: AwsError, response: ServerResponse): void {
  // The same refusal has two names: S3's and everyone else's.
  const code = error.code === 'AccessDenied' ? 'AccessDeniedException' : error.code;
  response.setHeader('x-amzn-errortype', code);
  answerJson(response, { __type: code, message: error.message }, error.status);
}

/** The operation that `X-Amz-Target` names: `GetItem` of `DynamoDB_20120810.GetItem`. */
export function operationOf(headers: Record<string, string>): string {
  return (headers['x-amz-target'] ?? '').split('.')[1] ?? '';
}

/** The JSON object in a request's body; an empty one for anything else. */
export function inputOf(body: Buffer | undefined): Record<string, any> {
  try {
    const input: unknown = JSON.parse(body?.toString() || '{}');
    return typeof input === 'object' && input !== null ? input : {};
  } catch {
    return {};
  }
}
