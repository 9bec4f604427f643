import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@aws-sdk/types';

/** Temporary credentials of the role that signs the URLs of uploads. */
export interface SigningSession {
  readonly credentials: AwsCredentialIdentity;
  readonly expiration: Date;
}

export interface SigningSessionOptions {
  readonly sts: Pick<STSClient, 'send'>;
  readonly roleArn: string;
  /** A new session starts when the current session is valid for less than this time, so that each URL is valid for this time. */
  readonly remainingSeconds: number;
  readonly clock: () => Date;
}

/** The maximum duration of a session that another role starts (see "Terms and concepts" of IAM roles, "Role chaining", in the IAM User Guide). */
const SESSION_SECONDS = 3600;

/**
 * Returns a function that returns a session of the role, and starts a new session before the current session expires. Concurrent calls share one request.
 *
 * The credentials of a Lambda function do not say when they expire, so a URL that they sign could expire early.
 */
export function signingSession({ sts, roleArn, remainingSeconds, clock }: SigningSessionOptions): () => Promise<SigningSession> {
  let current: { readonly session: Promise<SigningSession>; renewAt: number } | undefined;

  async function start(): Promise<SigningSession> {
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'sign-uploads', DurationSeconds: SESSION_SECONDS }));
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) throw new Error('the response of STS contains no credentials');
    return { credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }, expiration: Expiration };
  }

  return async () => {
    const now = clock().getTime();
    if (!current || now >= current.renewAt) {
      const next = { session: start(), renewAt: Infinity };
      current = next;
      next.session.then(
        // A session that is shorter than expected is used for at least half of its duration.
        ({ expiration }) => { next.renewAt = Math.max(expiration.getTime() - remainingSeconds * 1000, (now + expiration.getTime()) / 2); },
        () => { current = undefined; },
      );
    }
    return current.session;
  };
}
