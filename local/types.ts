import type { IncomingMessage, ServerResponse } from 'http';
import type { TemplateStack } from './template/template-stack';

/** The synthesized stack as the parts see it. */
export type LocalStack = Pick<TemplateStack, 'region' | 'account' | 'stackId' | 'dataFolder' | 'ofType' | 'byArn' | 'assetFolder'>;

/** Who calls: `arn:aws:iam::ACCOUNT:role/NAME` of the template, or a service in its own name: `cloudfront.amazonaws.com`, with keys of all its needs. */
export interface Principal { readonly id: string; readonly kind: 'role' | 'service'; readonly context?: Need['context'] }

/** One thing that a call must be allowed to do: `s3:GetObject` on an ARN (or `*`), with condition keys such as `iam:PassedToService`. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
  /** Whether an object is written by a multipart upload. */
  readonly parts?: boolean;
}

/** An error in AWS's own terms: each service writes it in its own wire form. `members` are what an error of the JSON protocols has besides its message. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400, readonly members: object = {}) {
    super(message);
    this.name = code;
  }
}

/** What the policies of the template do not allow. S3 shows nobody the details. */
export class AccessDenied extends AwsError {
  constructor(principal: Principal, { action, resource }: Need) {
    super('AccessDenied', `${principal.id} may not ${action} on ${resource}`, 403);
  }
}

/** A request with a verified signature. */
export interface AwsRequest {
  readonly method: string;
  /** Undecoded path. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  /** The whole body; absent when no signature covers its bytes: S3 streams `raw` then. */
  readonly body?: Buffer;
  readonly raw: IncomingMessage;
  readonly principal: Principal;
}

/** A local AWS service; `name` is its SigV4 signing name. */
export interface AwsService {
  readonly name: string;
  /** Answers what needs no signature (a CORS preflight, a call of this machine's own); true when it did. */
  unsigned?(request: IncomingMessage, response: ServerResponse): boolean;
  /** What the request needs to be allowed. */
  needs(request: AwsRequest): Need[];
  handle(request: AwsRequest, response: ServerResponse): Promise<void>;
  /** Writes an error in the service's own form (XML for S3, JSON for the rest). */
  fail(error: AwsError, response: ServerResponse, request?: IncomingMessage): void;
}

/** An EventBridge event. */
export interface BusEvent {
  readonly 'source': string;
  readonly 'detail-type': string;
  readonly 'detail': Record<string, any>;
  readonly 'resources'?: string[];
  /** Default: now. */
  readonly 'time'?: Date;
}

/** Puts an event on the default bus. */
export type PutEvent = (event: BusEvent) => void;

/** The functions of the template, each in a process of its own. A caller needs a Lambda permission in the template. */
export interface Functions {
  invoke(functionArn: string, payload: unknown, caller?: Principal): Promise<InvokeResult>;
}
export type InvokeResult = { payload: any; error?: undefined } | { payload?: undefined; error: { errorType: string; errorMessage: string } };

/** A part that was started and must be stopped. */
export interface Part { stop(): Promise<void> }
