import type { IncomingMessage, ServerResponse } from 'http';

/** One resource of the synthesized template, its intrinsics resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** What `Ref` answers. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` answers, by attribute name (`Arn`, `DomainName`, ...). */
  readonly attributes: Record<string, string>;
  /** The template's properties with every intrinsic resolved. */
  readonly properties: Record<string, any>;
}

/** The synthesized stack as the parts see it. */
export interface LocalStack {
  readonly region: string;
  readonly account: string;
  readonly stackId: string;
  /** Where the parts keep what must outlive a run. One folder a part. */
  readonly dataFolder: string;
  /** The resources of a type, in the template's order. */
  ofType(type: string): Resource[];
  /** The resource with this ARN (or physical id); an error that names it when there is none. */
  byArn(arn: string): Resource;
  /** The directory of the asset that a function's or deployment's `S3Key` names. */
  assetFolder(s3Key: string): string;
}

/** Who calls: an IAM role of the template, or an AWS service in its own name. */
export interface Principal {
  /** `arn:aws:iam::ACCOUNT:role/NAME` or `cloudfront.amazonaws.com`. */
  readonly id: string;
  readonly kind: 'role' | 'service';
}

/** One thing that a call must be allowed to do. */
export interface Need {
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN, or `*` for actions that have no resource. */
  readonly resource: string;
  /** Condition keys, such as `aws:SourceArn` or `iam:PassedToService`. */
  readonly context?: Record<string, string | string[]>;
}

/** Decides from the template's own policies; logs each refusal with the missing action and resource. */
export interface Access {
  /** Resolves when every need is allowed, else throws an `AwsError` AccessDenied (403). */
  require(principal: Principal, needs: Need[]): Promise<void>;
  /** Credentials for a role of the template; the same ones on each call. */
  credentialsOf(roleArn: string): { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** The role and secret behind an access key id, if we issued it. */
  principalOf(accessKeyId: string): { principal: Principal; secretAccessKey: string; sessionToken: string } | undefined;
  /** Every refusal since the start, for the journey's "zero AccessDenied". */
  readonly refusals: { principal: string; action: string; resource: string }[];
}

/** An error in AWS's own terms: each service writes it in its own wire form. */
export class AwsError extends Error {
  constructor(readonly code: string, message: string, readonly status = 400) {
    super(message);
    this.name = code;
  }
}

/** A verified request at the door. */
export interface DoorRequest {
  readonly method: string;
  /** Undecoded path. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string>;
  /** The whole body for JSON services; absent for S3, which streams `raw`. */
  readonly body?: Buffer;
  readonly raw: IncomingMessage;
  readonly principal: Principal;
}

/** An AWS service behind the door; `name` is its SigV4 signing name. */
export interface DoorService {
  readonly name: string;
  /** Answers what needs no signature (a CORS preflight); true when it did. */
  unsigned?(request: IncomingMessage, response: ServerResponse): boolean;
  /** What the request needs to be allowed. */
  needs(request: DoorRequest): Need[];
  handle(request: DoorRequest, response: ServerResponse): Promise<void>;
  /** Writes an error in the service's own form (XML for S3, JSON for the rest). */
  fail(error: AwsError, response: ServerResponse, request?: IncomingMessage): void;
}

/** An EventBridge event. */
export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: Record<string, any>;
  readonly resources?: string[];
}

/** Puts an event on the default bus. */
export type PutEvent = (event: BusEvent) => void;

/** The functions of the template, each in a process of its own. */
export interface Functions {
  /** Invokes as `principal` (a service), which needs a Lambda permission in the template; `sourceArn` is checked against it. */
  invoke(functionArn: string, payload: unknown, caller?: { service: string; sourceArn?: string }): Promise<InvokeResult>;
}
export type InvokeResult = { payload: any; error?: undefined } | { payload?: undefined; error: { errorType: string; errorMessage: string } };

/** A part that was started and must be stopped. */
export interface Part {
  stop(): Promise<void>;
}
