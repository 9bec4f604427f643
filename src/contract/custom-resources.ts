/** Type of the custom resource that copies a client's secret to Secrets Manager. */
export const CLIENT_SECRET_RESOURCE = 'Custom::VodClientSecret';

/** What that one is given. A new client id makes CloudFormation ask again. */
export interface ClientSecretProperties {
  readonly UserPoolId: string;
  readonly ClientId: string;
  readonly SecretArn: string;
}

/** Waits in seconds between attempts of a custom resource that IAM refuses: a minute in all. */
export const REFUSED_BACK_OFF_SECONDS: readonly number[] = [1, 2, 4, 8, 15, 15, 15];

/** How long the function of a custom resource may run: all of its attempts. */
export const CUSTOM_RESOURCE_FUNCTION_SECONDS = 120;

/** How long CloudFormation waits for an answer, instead of an hour: longer than the function runs. */
export const CUSTOM_RESOURCE_SERVICE_SECONDS = 300;
