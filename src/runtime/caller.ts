import type { Caller } from '../roles/decide';

const GROUPS_CLAIM = 'cognito:groups';

/**
 * Returns the caller that the API's authorizer has verified, or undefined if there is no caller.
 *
 * API Gateway's Cognito authorizer passes the claims of the token. A Lambda authorizer, of this library or of your app, passes a principal id, and other
 * values as strings. Any other form means that there is no caller.
 *
 * @param authorization the request's `Authorization` header, which contains the verified token
 */
export function callerFrom(authorizer: Readonly<Record<string, unknown>> | null | undefined, authorization?: string): Caller | undefined {
  // Lambda authorizers can't pass objects, so an object is always the claims of the Cognito authorizer.
  const claims = authorizer?.claims;
  if (typeof claims === 'object' && claims !== null) {
    const { sub, [GROUPS_CLAIM]: groups } = claims as Record<string, unknown>;
    return caller(sub, typeof groups === 'string' && groups !== '' ? joinedGroups(groups, authorization) : []);
  }
  return caller(authorizer?.principalId, namesIn(authorizer?.groups));
}

/**
 * Splits the groups that API Gateway has joined with commas.
 *
 * Cognito allows commas in group names, so `a,admins` can be one group or two. The token itself contains a list of groups. If that list differs from the
 * joined groups, the token is not the verified one, and the function returns no groups.
 */
function joinedGroups(joined: string, authorization: string | undefined): readonly string[] {
  if (!joined.includes(',')) return [joined];
  // The Cognito authorizer of your app can read the token from another header.
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

/** Parses a JSON array of strings. Returns an empty list for any other text. */
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
