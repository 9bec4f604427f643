import { CognitoIdentityProviderClient, DescribeUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ClientSecretProperties } from '../../contract/custom-resources';
import type { CustomResourceAnswer } from '../../runtime/custom-resource';

/**
 * Copies a client's secret from the user pool to Secrets Manager. Safe to repeat; CloudFormation learns nothing but the
 * secret's ARN. A deletion leaves both as they are: the template decides what becomes of them.
 */
export function fillClientSecret(cognito: CognitoIdentityProviderClient, secrets: SecretsManagerClient) {
  return async (requestType: 'Create' | 'Update' | 'Delete', properties: ClientSecretProperties, physicalResourceId?: string): Promise<CustomResourceAnswer> => {
    const { UserPoolId, ClientId, SecretArn } = properties;
    if (requestType === 'Delete') return { physicalResourceId: physicalResourceId ?? SecretArn };
    const { UserPoolClient } = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
    if (!UserPoolClient?.ClientSecret) throw new Error(`client ${ClientId} of user pool ${UserPoolId} has no secret`);
    await secrets.send(new PutSecretValueCommand({ SecretId: SecretArn, SecretString: UserPoolClient.ClientSecret }));
    return { physicalResourceId: SecretArn };
  };
}
