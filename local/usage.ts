import type { Gateway } from './gateway/gateway';
import type { Store } from './s3/store';
import type { Json } from './services/json';
import type { AwsService, Functions, LocalStack, Part } from './types';

/** A new item has no `before`, and a deleted item has no `after`. */
export interface ItemChange { readonly before?: Json; readonly after?: Json }

export type Usage =
  | { readonly kind: 'invocation'; readonly functionName: string; readonly memoryMegabytes: number; readonly milliseconds: number; readonly payload: any }
  | { readonly kind: 'log'; readonly functionName: string; readonly line: string }
  /** `operation` is the HTTP method, an operation of S3, or the operation of a JSON protocol. `caller` is a role's ARN or the name of a service. */
  | { readonly kind: 'request'; readonly service: string; readonly operation: string; readonly caller?: string; readonly path?: string }
  | { readonly kind: 'event'; readonly bus: string; readonly source: string }
  | { readonly kind: 'read'; readonly operation: string; readonly input: Json; readonly answer: Json }
  /** A write with a failed condition is included, because DynamoDB bills it. */
  | { readonly kind: 'write'; readonly isTransaction: boolean; readonly changes: readonly ItemChange[] };

/** Receives every operation that AWS would bill. */
export type ObserveUsage = (usage: Usage) => void;

export const ignoreUsage: ObserveUsage = () => undefined;

/** The measured duration includes the start of the function's process. */
export function observedFunctions(functions: Functions & Part, stack: LocalStack, observe: ObserveUsage): Functions & Part {
  return {
    ...functions,
    async invoke(functionArn, payload, caller) {
      const start = performance.now();
      const result = await functions.invoke(functionArn, payload, caller);
      const { physicalId: functionName, properties: { MemorySize: memoryMegabytes = 128 } } = stack.byArn(functionArn);
      observe({ kind: 'invocation', functionName, memoryMegabytes, milliseconds: performance.now() - start, payload });
      return result;
    },
  };
}

/** Queues report their own requests, because EventBridge and Lambda call the queues directly and not through the local AWS endpoint. */
export function observedService(service: AwsService, observe: ObserveUsage): AwsService {
  if (service.name === 'sqs') return service;
  return {
    ...service,
    handle(request, response) {
      const { headers, method, query, path, principal } = request;
      const operation = headers['x-amz-target']?.split('.')[1] ?? s3OperationOf(method, query) ?? method;
      observe({ kind: 'request', service: service.name, operation, caller: principal.id, path });
      return service.handle(request, response);
    },
  };
}

/** Reports each object that a service puts directly into the store, without a request to the AWS endpoint. */
export function observedStore(store: Store, caller: string, observe: ObserveUsage): Store {
  return {
    ...store,
    put(bucket, key, ...others) {
      observe({ kind: 'request', service: 's3', operation: 'PUT', caller, path: `/${bucket}/${key}` });
      return store.put(bucket, key, ...others);
    },
  };
}

export function observedGateway(gateway: Gateway, observe: ObserveUsage): Gateway {
  return (request) => {
    observe({ kind: 'request', service: 'apigateway', operation: request.raw.method!, path: request.path.split('?')[0] });
    return gateway(request);
  };
}

function s3OperationOf(method: string, query: URLSearchParams): string | undefined {
  if (query.has('list-type')) return 'LIST';
  if (query.has('uploads')) return 'CreateMultipartUpload';
  return query.has('uploadId') ? { GET: 'ListParts', PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method] : undefined;
}
