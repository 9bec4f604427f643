import { onlyKnown } from '../../lookup';
import type { Resource } from '../../template/resources';
import type { LocalStack } from '../../types';
import { divided } from '../configuration';

/** Lifetimes are in seconds. */
export interface PoolClient {
  readonly id: string;
  readonly properties: Resource['properties'];
  readonly isPublic: boolean;
  readonly scopes: string[];
  readonly callbacks: string[];
  readonly logouts: string[];
  readonly accessSeconds: number;
  readonly idSeconds: number;
  readonly refreshSeconds: number;
  /** How long a rotated refresh token can be used again. Undefined if refresh tokens are not rotated. */
  readonly graceSeconds?: number;
}

const UNITS: Record<string, number> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };
const KNOWN = 'AccessTokenValidity AllowedOAuthScopes CallbackURLs ClientName ExplicitAuthFlows IdTokenValidity LogoutURLs PreventUserExistenceErrors '
  + 'RefreshTokenRotation RefreshTokenValidity TokenValidityUnits UserPoolId';
const BOUND = {
  AllowedOAuthFlows: ['code'], AllowedOAuthFlowsUserPoolClient: [true], EnableTokenRevocation: [true], GenerateSecret: [true, false],
  SupportedIdentityProviders: ['COGNITO'],
};

export function readClients(stack: LocalStack, pool: Resource, divider: number): PoolClient[] {
  return stack.ofType('AWS::Cognito::UserPoolClient').map(({ logicalId, physicalId, properties }) => {
    if (properties.UserPoolId !== pool.physicalId) throw new Error(`${logicalId}: the template has no user pool ${properties.UserPoolId}`);
    const { TokenValidityUnits: units = {}, RefreshTokenRotation: rotation } = properties;
    const lists = ['AllowedOAuthFlows', 'SupportedIdentityProviders'].filter((name) => properties[name]).map((name) => [name, String(properties[name])]);
    onlyKnown(logicalId, { ...properties, ...Object.fromEntries(lists) }, KNOWN, BOUND);
    const known = Object.keys(UNITS);
    onlyKnown(logicalId, units, '', { AccessToken: known, IdToken: known, RefreshToken: known });
    const seconds = (name: string, unit: string, otherwise: number) => {
      const given = properties[`${name}Validity`];
      return divided(given === undefined ? otherwise : given * UNITS[units[name] ?? unit], divider);
    };
    return {
      id: physicalId,
      properties,
      isPublic: !properties.GenerateSecret,
      scopes: properties.AllowedOAuthScopes ?? [],
      callbacks: properties.CallbackURLs ?? [],
      logouts: properties.LogoutURLs ?? [],
      accessSeconds: seconds('AccessToken', 'hours', 3600),
      idSeconds: seconds('IdToken', 'hours', 3600),
      refreshSeconds: seconds('RefreshToken', 'days', 30 * 86_400),
      graceSeconds: rotation && graceOf(logicalId, rotation, properties.ExplicitAuthFlows, pool),
    };
  });
}

/**
 * Cognito rejects refresh token rotation in the LITE tier, and for clients with ALLOW_REFRESH_TOKEN_AUTH. The default of ExplicitAuthFlows contains
 * ALLOW_REFRESH_TOKEN_AUTH.
 */
function graceOf(logicalId: string, rotation: Record<string, any>, flows: string[] = [], { properties: { UserPoolTier } }: Resource): number | undefined {
  onlyKnown(`${logicalId}.RefreshTokenRotation`, rotation, 'RetryGracePeriodSeconds', { Feature: ['ENABLED', 'DISABLED'] });
  if (rotation.Feature !== 'ENABLED') return undefined;
  if (UserPoolTier === 'LITE') throw new Error(`${logicalId}: RefreshTokenRotation requires a user pool of the tier ESSENTIALS or above, got LITE`);
  if (flows.length === 0 || flows.includes('ALLOW_REFRESH_TOKEN_AUTH')) {
    throw new Error(`${logicalId}: RefreshTokenRotation requires ExplicitAuthFlows without ALLOW_REFRESH_TOKEN_AUTH, got ${JSON.stringify(flows)}`);
  }
  const { RetryGracePeriodSeconds: grace = 0 } = rotation;
  if (!Number.isInteger(grace) || grace < 0 || grace > 60) throw new Error(`${logicalId}: RetryGracePeriodSeconds must be from 0 to 60, got ${grace}`);
  return grace;
}
