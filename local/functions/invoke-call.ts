import type { ServerResponse } from 'http';
import { json } from 'stream/consumers';
import { failJson } from '../services/json';
import { AwsError, type AwsService, type Functions, type LocalStack } from '../types';

/**
 * The header with the name of the function. A request with this header needs no signature and no permission. A web page of another origin can't send this
 * header without a CORS preflight.
 */
const INVOKE = 'x-local-invoke';

/** A command of the local stack that invokes a function by its logical id, name or ARN. The request body is the payload. */
export function createInvokeCall({ stack, functions }: { stack: LocalStack; functions: Functions }): { service: AwsService } {
  async function answer(name: string, body: Promise<unknown>, response: ServerResponse): Promise<void> {
    const found = stack.ofType('AWS::Lambda::Function').find(({ logicalId, physicalId, attributes: { Arn } }) => [logicalId, physicalId, Arn].includes(name));
    if (!found) throw new AwsError('ResourceNotFoundException', `the template has no function ${name}`, 404);
    const payload = await body.catch(() => { throw new AwsError('InvalidRequestContentException', 'the body must be valid JSON'); });
    const { error, payload: result = null } = await functions.invoke(found.attributes.Arn, payload);
    response.writeHead(200, { 'content-type': 'application/json', ...error && { 'x-amz-function-error': 'Unhandled' } }).end(JSON.stringify(error ?? result));
  }

  const fail = (error: unknown, response: ServerResponse) =>
    failJson(error instanceof AwsError ? error : new AwsError('ServiceException', (error as Error).message, 500), response);
  return {
    service: {
      name: 'lambda',
      unsigned(request, response) {
        const { method, headers: { [INVOKE]: name } } = request;
        if (method !== 'POST' || typeof name !== 'string') return false;
        void answer(name, json(request), response).catch((error) => fail(error, response));
        return true;
      },
      needs: () => { throw new AwsError('UnknownOperationException', `the local stack does not support the Lambda API. To invoke a function, send an unsigned POST request with the header ${INVOKE}`, 404); },
      handle: async () => undefined,
      fail,
    },
  };
}
