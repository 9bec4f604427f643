/** The type of the custom resource that copies the secret of an app client to Secrets Manager. */
export const CLIENT_SECRET_RESOURCE = 'Custom::VodClientSecret';

export interface ClientSecretProperties {
  readonly UserPoolId: string;
  readonly ClientId: string;
  readonly SecretArn: string;
}

/** The delays in seconds before each retry of a call that IAM denied. The sum of the delays is one minute. */
export const REFUSED_BACK_OFF_SECONDS: readonly number[] = [1, 2, 4, 8, 15, 15, 15];

/** The timeout of a custom resource's function, including all retries. */
export const CUSTOM_RESOURCE_FUNCTION_SECONDS = 120;

/**
 * The time that CloudFormation waits for the response of a custom resource. The time must be longer than the function's timeout. Without this value,
 * CloudFormation waits one hour.
 */
export const CUSTOM_RESOURCE_SERVICE_SECONDS = 300;
