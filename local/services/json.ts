import { existsSync, readFileSync, renameSync, writeFileSync } from 'fs';
import type { ServerResponse } from 'http';
import { AwsError, type AwsRequest, type AwsService, type Need } from '../types';

export type Json = Record<string, any>;

const NAMES: Record<string, string> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  InvalidAccessKeyId: 'UnrecognizedClientException',
  InvalidToken: 'UnrecognizedClientException',
  RequestTimeTooSkewed: 'InvalidSignatureException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
};

export function jsonService(
  name: string, needs: (operation: string, input: Json) => Need[], operations: Record<string, (input: Json) => unknown>,
): AwsService {
  // The header contains the operation, for example `DynamoDB_20120810.GetItem`.
  const operationOf = ({ headers }: AwsRequest) => headers['x-amz-target']?.split('.')[1] ?? '';
  return {
    name,
    needs(request) {
      const operation = operationOf(request);
      if (!Object.hasOwn(operations, operation)) throw new AwsError('UnknownOperationException', `the local stack does not support ${name} ${operation}`);
      return needs(operation, inputOf(request.body));
    },
    async handle(request, response) {
      const answer = await operations[operationOf(request)](inputOf(request.body));
      response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(answer));
    },
    fail: failJson,
  };
}

export function failJson({ code, message, status, members }: AwsError, response: ServerResponse): void {
  const name = NAMES[code] ?? code;
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': name }).end(JSON.stringify({ __type: name, message, ...members }));
}

export const inputOf = (body?: Buffer): Json => JSON.parse(body?.toString() || '{}');

export function readJson(file: string): any {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} can't be read: ${(error as Error).message}. Delete this file to continue without its data`);
  }
}

/** Writes a JSON file atomically. Only the owner can read the file. */
export function writeJson(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
