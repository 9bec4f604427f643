import { CognitoIdentityProviderClient, DescribeUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ClientSecretProperties } from '../../contract/custom-resources';
import type { CustomResourceAnswer } from '../../runtime/custom-resource';

export function fillClientSecret(cognito: CognitoIdentityProviderClient, secrets: SecretsManagerClient) {
  return async (requestType: 'Create' | 'Update' | 'Delete', properties: ClientSecretProperties, physicalResourceId?: string): Promise<CustomResourceAnswer> => {
    const { UserPoolId, ClientId, SecretArn } = properties;
    // CloudFormation itself deletes or retains the client and the secret.
    if (requestType === 'Delete') return { physicalResourceId: physicalResourceId ?? SecretArn };
    const { UserPoolClient } = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
    if (!UserPoolClient?.ClientSecret) throw new Error(`client ${ClientId} of user pool ${UserPoolId} has no secret`);
    await secrets.send(new PutSecretValueCommand({ SecretId: SecretArn, SecretString: UserPoolClient.ClientSecret }));
    return { physicalResourceId: SecretArn };
  };
}
