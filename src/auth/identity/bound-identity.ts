import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { VodApi } from '../../api/vod-api';
import type { Roles } from '../../roles/decide';

/** What an identity is told of the service. */
export interface IdentityContext {
  /** The address that people use, without a slash at its end. */
  readonly origin: string;
  readonly roles: Roles;
  readonly removalPolicy: RemovalPolicy;
}

/** What an identity has made in the construct that it was bound to. */
export interface BoundIdentity {
  readonly userPool?: cognito.IUserPool;
  readonly userPoolClient?: cognito.IUserPoolClient;
  readonly publicClient?: cognito.IUserPoolClient;
  readonly domain?: cognito.UserPoolDomain;
  readonly issuer?: string;
  readonly signInFunction?: lambda.Function;
  readonly makeAuthorizer: (api: VodApi) => apigateway.IAuthorizer;
}
