import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import type { VodApi } from '../../api/vod-api';
import type { Roles } from '../../contract/roles';
import type { Area } from '../../synth/area';

export interface IdentityContext {
  readonly url: string;
  readonly appOrigins: readonly string[];
  readonly roles: Roles;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

export interface BoundIdentity {
  readonly userPool?: cognito.IUserPool;
  readonly userPoolClient?: cognito.IUserPoolClient;
  readonly publicClient?: cognito.IUserPoolClient;
  readonly domain?: cognito.UserPoolDomain;
  readonly issuer?: string;
  readonly handlers: Area['handlers'];
  readonly createAuthorizer: (api: VodApi) => apigateway.IAuthorizer;
}
