import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@aws-sdk/types';
import { withoutTemporary } from './temporary-errors.runtime';

/** Temporary credentials of the role that signs the URLs of uploads. */
export interface SigningSession {
  readonly credentials: AwsCredentialIdentity;
  readonly expiration: Date;
}

export interface SigningSessionOptions {
  readonly roleArn: string;
  /** The minimum time for which a session must still be valid when it signs a URL. If the current session expires sooner, a new session starts. */
  readonly remainingSeconds: number;
  readonly clock: () => Date;
}

/** The maximum duration of a role session if the caller of AssumeRole is also a role (see "Role chaining" on the page "IAM roles" of the IAM User Guide). */
const SESSION_SECONDS = 3600;
const REQUEST_MS = 5_000;

/**
 * Returns a function that returns a session of the role. The function starts a new session before the current session expires. Concurrent calls share one
 * request.
 *
 * The Lambda function does not sign with its own credentials, because their expiry time is not known. A URL that is signed with these credentials could expire
 * early.
 */
export function signingSession({ roleArn, remainingSeconds, clock }: SigningSessionOptions): () => Promise<SigningSession> {
  const sts = new STSClient({ maxAttempts: 2 });
  let current: { readonly session: SigningSession; readonly renewAt: number } | undefined;
  let starting: Promise<SigningSession> | undefined;

  async function start(): Promise<SigningSession> {
    const now = clock().getTime();
    const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'sign-uploads', DurationSeconds: SESSION_SECONDS });
    const { Credentials } = await sts.send(command, { abortSignal: AbortSignal.timeout(REQUEST_MS) }).catch((error: unknown) => { throw withoutTemporary('STS', error); });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new Error('the response of STS contains no credentials');
    const session = { credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }, expiration: Expiration };
    const expiration = Expiration.getTime();
    // A session that is shorter than expected is used for half of its duration.
    current = { session, renewAt: Math.max(expiration - remainingSeconds * 1000, (now + expiration) / 2) };
    return session;
  }

  return async () => {
    if (current && clock().getTime() < current.renewAt) return current.session;
    starting ??= start().finally(() => { starting = undefined; });
    return starting;
  };
}
