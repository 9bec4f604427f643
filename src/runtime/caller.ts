import type { Caller } from '../roles/decide';

/** Cognito's claim of the groups. */
const GROUPS_CLAIM = 'cognito:groups';

/**
 * The caller that the API's authorizer has verified; undefined when it names nobody.
 *
 * API Gateway's own authorizer for Cognito hands over the claims, a Lambda authorizer (ours, or the user's own) a principal and, as text, whatever
 * else it chose to say. Any other shape means "no caller".
 *
 * @param authorization the token that the authorizer verified, as the request carries it
 */
export function callerFrom(authorizer: Readonly<Record<string, unknown>> | null | undefined, authorization?: string): Caller | undefined {
  // A Lambda authorizer can't pass an object, so nothing that it says is taken for claims.
  const claims = authorizer?.claims;
  if (typeof claims === 'object' && claims !== null) {
    const { sub, [GROUPS_CLAIM]: groups } = claims as Record<string, unknown>;
    return caller(sub, typeof groups === 'string' && groups !== '' ? joinedGroups(groups, authorization) : []);
  }
  return caller(authorizer?.principalId, namesIn(authorizer?.groups));
}

/**
 * API Gateway joins the groups of a token with commas, which Cognito allows in a name: `a,admins` may be one group or two. The token itself tells. One that
 * does not have these groups is not the verified one, and then none of them counts.
 */
function joinedGroups(joined: string, authorization: string | undefined): readonly string[] {
  if (!joined.includes(',')) return [joined];
  // The user's own Cognito authorizer may read the token from another header.
  if (authorization === undefined) return joined.split(',');
  const groups = groupsOfToken(authorization);
  return groups.join(',') === joined ? groups : [];
}

function groupsOfToken(authorization: string): readonly string[] {
  try {
    const payload: unknown = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString());
    const groups = (payload as Record<string, unknown> | null)?.[GROUPS_CLAIM];
    return areNames(groups) ? groups : [];
  } catch {
    return [];
  }
}

function caller(userId: unknown, groups: readonly string[]): Caller | undefined {
  return typeof userId === 'string' && userId !== '' ? { userId, groups } : undefined;
}

/** A list of names in JSON, whole or not at all. */
function namesIn(text: unknown): readonly string[] {
  try {
    const names: unknown = typeof text === 'string' ? JSON.parse(text) : [];
    return areNames(names) ? names : [];
  } catch {
    return [];
  }
}

function areNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
