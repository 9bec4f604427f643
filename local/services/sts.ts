import { randomUUID } from 'crypto';
import { failJson } from './json';
import type { Access } from '../access/access';
import { AwsError, type AwsRequest, type AwsService, type LocalStack } from '../types';
import { xml } from '../xml';

/**
 * The header with the logical id, name or ARN of a role. A GET request with this header returns credentials of the role in the format of `credential_process`
 * (see "Sourcing credentials with an external process" in the AWS CLI User Guide). The request needs no signature and no permission. A web page of another
 * origin can't send this header without a CORS preflight.
 */
const CREDENTIALS = 'x-local-credentials';
const VERSION = '2011-06-15';
const NAMESPACE = `https://sts.amazonaws.com/doc/${VERSION}/`;
const KNOWN = ['Action', 'Version', 'RoleArn', 'RoleSessionName', 'DurationSeconds'];
const MIN_SECONDS = 900;
/**
 * The limit for a role that assumes another role (see "AssumeRole" in the AWS Security Token Service API Reference). In the local stack, all callers are roles.
 */
const MAX_SECONDS = 3600;

/**
 * Creates a local AWS STS with the operation AssumeRole. As on AWS, the trust policy of the role must name the caller. If the trust policy names only the
 * account, the caller also needs the permission `sts:AssumeRole`.
 *
 * @param divideSessions - divides the duration of sessions, so that a test can wait for the end of a session
 */
export function createSts({ stack, access, divideSessions = 1 }: { stack: LocalStack; access: Pick<Access, 'credentialsOf' | 'startSession'>; divideSessions?: number }) {
  const service: AwsService = {
    name: 'sts',
    unsigned({ method, headers: { [CREDENTIALS]: name } }, response) {
      if (method !== 'GET' || typeof name !== 'string') return false;
      const role = stack.ofType('AWS::IAM::Role').find(({ logicalId, physicalId, attributes: { Arn } }) => [logicalId, physicalId, Arn].includes(name));
      if (role) {
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } = access.credentialsOf(role.attributes.Arn);
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken }));
      } else {
        failJson(new AwsError('NoSuchEntity', `the template has no role ${name}`, 404), response);
      }
      return true;
    },
    needs: (request) => [{ action: 'sts:AssumeRole', resource: inputOf(request).roleArn }],
    async handle(request, response) {
      const { roleArn, sessionName, seconds } = inputOf(request);
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = access.startSession(roleArn, seconds / divideSessions);
      response.setHeader('content-type', 'text/xml').end(xml('AssumeRoleResponse', {
        AssumeRoleResult: {
          AssumedRoleUser: {
            AssumedRoleId: `AROA${stack.byArn(roleArn).logicalId.toUpperCase()}:${sessionName}`,
            Arn: `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`,
          },
          Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: expiration.toISOString() },
        },
        ResponseMetadata: { RequestId: randomUUID() },
      }, NAMESPACE));
    },
    fail({ code, message, status }, response) {
      const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: NAMES[code] ?? code, Message: message };
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml('ErrorResponse', { Error: error, RequestId: randomUUID() }, NAMESPACE));
    },
  };
  return { service };
}

/** S3's error codes, and the corresponding codes of AWS STS. */
const NAMES: Readonly<Partial<Record<string, string>>> = { InvalidAccessKeyId: 'InvalidClientTokenId', InvalidToken: 'InvalidClientTokenId', RequestTimeTooSkewed: 'SignatureDoesNotMatch' };

function inputOf({ body }: AwsRequest): { roleArn: string; sessionName: string; seconds: number } {
  const form = new URLSearchParams(body?.toString());
  const [action, version] = [form.get('Action'), form.get('Version')];
  if (action !== 'AssumeRole' || version !== VERSION) throw new AwsError('InvalidAction', `the local stack does not support sts ${action} of version ${version}`);
  const unknown = [...form.keys()].find((name) => !KNOWN.includes(name));
  if (unknown) throw new AwsError('InvalidAction', `the local stack does not support the parameter ${unknown} of sts AssumeRole`);
  const [roleArn, sessionName, duration] = ['RoleArn', 'RoleSessionName', 'DurationSeconds'].map((name) => form.get(name) ?? '');
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(roleArn)) throw new AwsError('ValidationError', `${roleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw invalid('roleSessionName', sessionName, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*, and have a length of 2 to 64');
  }
  const seconds = Number(duration || MAX_SECONDS);
  if (!(Number.isInteger(seconds) && seconds >= MIN_SECONDS)) throw invalid('durationSeconds', duration, `Member must have value greater than or equal to ${MIN_SECONDS}`);
  if (seconds > MAX_SECONDS) throw new AwsError('ValidationError', 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining');
  return { roleArn, sessionName, seconds };
}

function invalid(name: string, value: string, constraint: string): AwsError {
  return new AwsError('ValidationError', `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`);
}
