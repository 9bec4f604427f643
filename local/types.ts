import type { IncomingMessage, ServerResponse } from 'http';
import type { TemplateStack } from './template/template-stack';

export type LocalStack = Pick<TemplateStack, 'region' | 'account' | 'stackId' | 'dataFolder' | 'ofType' | 'byArn' | 'assetFolder'>;

/**
 * A caller: a role of the template (`arn:aws:iam::ACCOUNT:role/NAME`) or a service principal. `context` contains condition keys that apply to each request of
 * the caller.
 */
export interface Principal { readonly id: string; readonly kind: 'role' | 'service'; readonly context?: Need['context'] }

/** A required permission: an IAM action such as `s3:GetObject`, an ARN or `*`, and condition keys such as `iam:PassedToService`. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
  /** True if the object is written with a multipart upload. */
  readonly parts?: boolean;
  /** False if the request compares the ETag of the object without reading the content. */
  readonly readsContent?: boolean;
}

/** `members` are additional fields of an error in the JSON protocols. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400, readonly members: object = {}) {
    super(message);
    this.name = code;
  }
}

/** The message names the caller, the action and the resource. The local S3 does not send this message to the client. */
export class AccessDenied extends AwsError {
  constructor(principal: Principal, { action, resource }: Need) {
    super('AccessDenied', `${principal.id} is not authorized to perform ${action} on ${resource}`, 403);
  }
}

export interface AwsRequest {
  readonly method: string;
  /** Not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  /** The whole body. If the signature doesn't cover the body, `body` is undefined, and the local S3 reads the stream `raw`. */
  readonly body?: Buffer;
  readonly raw: IncomingMessage;
  readonly principal: Principal;
}

/** A local AWS service; `name` is its SigV4 signing name. */
export interface AwsService {
  readonly name: string;
  /** Handles a request that needs no signature, such as a CORS preflight. Returns true if the response was written. */
  unsigned?(request: IncomingMessage, response: ServerResponse): boolean;
  needs(request: AwsRequest): Need[];
  handle(request: AwsRequest, response: ServerResponse): Promise<void>;
  /** Writes an error in the service's wire format: XML for S3, JSON for the other services. */
  fail(error: AwsError, response: ServerResponse, request?: IncomingMessage): void;
}

export interface BusEvent {
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'detail': Record<string, any>;
  readonly 'resources'?: string[];
  /** Default: now. */
  readonly 'time'?: Date;
}

export type PutEvent = (event: BusEvent) => void;

/** If `caller` is set, the template must contain a Lambda permission for the caller. */
export interface Functions {
  invoke(functionArn: string, payload: unknown, caller?: Principal): Promise<InvokeResult>;
}
export type InvokeResult = { payload: any; error?: undefined } | { payload?: undefined; error: { errorType: string; errorMessage: string } };

export interface Part { stop(): Promise<void> }
