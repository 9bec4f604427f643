import { join } from 'path';
import { readClients } from './clients';
import { createPoolProvider } from './provider';
import type { KeysOf } from '../../gateway/gateway';
import { onlyKnown, theOne } from '../../lookup';
import { jsonService } from '../../services/json';
import { AwsError, type LocalStack } from '../../types';
import { errorPage, sendPage } from '../pages';
import { startSignIn } from '../server';
import { usersFor } from '../users';

interface CognitoOptions { readonly stack: LocalStack; readonly port: number; readonly divideLifetimes?: number }

export async function startCognito({ stack, port, divideLifetimes = 1 }: CognitoOptions) {
  const pool = theOne(stack, 'AWS::Cognito::UserPool');
  for (const { logicalId, properties } of stack.ofType('AWS::Cognito::UserPoolDomain')) {
    onlyKnown(logicalId, properties, 'Domain UserPoolId', { ManagedLoginVersion: [1, 2] });
  }
  const groupNames = stack.ofType('AWS::Cognito::UserPoolGroup').map(({ properties }) => properties.GroupName);
  const users = usersFor(groupNames);
  const clients = readClients(stack, pool, divideLifetimes);
  const clientOf = (id: unknown) => clients.find((client) => client.id === id);
  const issuer = `http://127.0.0.1:${port}/${pool.physicalId}`;
  const folder = join(stack.dataFolder, 'cognito');
  const { provider, keys, secretOf, subOf } = await createPoolProvider({ issuer, clients, users, folder, divideLifetimes });

  /** Returns undefined if Cognito would show an error. */
  function logoutTarget(query: URLSearchParams): string | undefined {
    return clientOf(query.get('client_id'))?.logouts.find((address) => address === query.get('logout_uri'));
  }

  const listening = await startSignIn({
    name: 'cognito', port, users, subOf, provider: () => provider,
    async before(request, response, { pathname, searchParams }) {
      if (pathname === `/${pool.physicalId}/.well-known/openid-configuration`) request.url = '/.well-known/openid-configuration';
      if (pathname !== '/logout') return false;
      const location = logoutTarget(searchParams);
      if (!location) {
        sendPage(response, 400, errorPage('redirect_mismatch'));
      } else {
        await (await provider.Session.get(provider.createContext(request, response))).destroy();
        response.writeHead(302, { location, 'cache-control': 'no-store' }).end();
      }
      return true;
    },
  });

  return {
    ...listening, users,
    service: jsonService('cognito-idp', (operation, { UserPoolId }) => [{
      action: `cognito-idp:${operation}`, resource: `arn:aws:cognito-idp:${stack.region}:${stack.account}:userpool/${UserPoolId}`,
    }], {
      DescribeUserPoolClient({ UserPoolId, ClientId }) {
        const client = UserPoolId === pool.physicalId ? clientOf(ClientId) : undefined;
        if (!client) throw new AwsError('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`);
        return { UserPoolClient: { ...client.properties, ClientId, ...!client.isPublic && { ClientSecret: secretOf(ClientId) } } };
      },
    }),
    keysOf(userPoolArn: string): ReturnType<KeysOf> {
      if (userPoolArn !== pool.attributes.Arn) throw new Error(`the template has no user pool ${userPoolArn}`);
      return { issuer, keys };
    },
  };
}

/** The local stack can't run an imported user pool. */
export function refuseForeignPools(stack: LocalStack): void {
  const own = stack.ofType('AWS::Cognito::UserPool').map(({ attributes }) => attributes.Arn);
  for (const { logicalId, properties } of stack.ofType('AWS::ApiGateway::Authorizer')) {
    const foreign = (properties.ProviderARNs ?? []).find((arn: string) => !own.includes(arn));
    if (foreign) throw new Error(`${logicalId}: the template has no user pool ${foreign}. The local stack does not support imported user pools`);
  }
}
