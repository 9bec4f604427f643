import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { VodApi } from '../../api/vod-api';
import type { Roles } from '../../contract/roles';
import type { Area } from '../../synth/area';

/** What an identity is told of the service. */
export interface IdentityContext {
  /** The address that people use, without a slash at its end. */
  readonly url: string;
  /** Origins besides the service's own to which a sign-in may return. */
  readonly appOrigins: readonly string[];
  readonly roles: Roles;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/** What an identity has made in the construct that it was bound to. */
export interface BoundIdentity {
  readonly userPool?: cognito.IUserPool;
  readonly userPoolClient?: cognito.IUserPoolClient;
  readonly publicClient?: cognito.IUserPoolClient;
  readonly domain?: cognito.UserPoolDomain;
  readonly issuer?: string;
  readonly handlers: Area['handlers'];
  readonly makeAuthorizer: (api: VodApi) => apigateway.IAuthorizer;
}
