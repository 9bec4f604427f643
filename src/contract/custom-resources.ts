/** The type of the custom resource that copies the secret of an app client to Secrets Manager. */
export const CLIENT_SECRET_RESOURCE = 'Custom::VodClientSecret';

/** Properties of `CLIENT_SECRET_RESOURCE`. CloudFormation updates the resource when the client id changes. */
export interface ClientSecretProperties {
  readonly UserPoolId: string;
  readonly ClientId: string;
  readonly SecretArn: string;
}

/** The back-off of a custom resource after IAM denied access, in seconds: one minute in total. */
export const REFUSED_BACK_OFF_SECONDS: readonly number[] = [1, 2, 4, 8, 15, 15, 15];

/** The timeout of the function of a custom resource, which covers all attempts. */
export const CUSTOM_RESOURCE_FUNCTION_SECONDS = 120;

/** The time that CloudFormation waits for a response: longer than the function's timeout, shorter than the default of one hour. */
export const CUSTOM_RESOURCE_SERVICE_SECONDS = 300;
