import type { Caller } from '../roles/decide';

const GROUPS_CLAIM = 'cognito:groups';

/**
 * A Cognito authorizer passes the claims of the token as an object. A Lambda authorizer passes only strings.
 *
 * @param authorization the request's `Authorization` header, which contains the verified token
 */
export function callerFrom(authorizer: Readonly<Record<string, unknown>> | null | undefined, authorization?: string): Caller | undefined {
  const claims = authorizer?.claims;
  if (typeof claims === 'object' && claims !== null) {
    const { sub, [GROUPS_CLAIM]: groups } = claims as Record<string, unknown>;
    return caller(sub, typeof groups === 'string' && groups !== '' ? joinedGroups(groups, authorization) : []);
  }
  return caller(authorizer?.principalId, namesIn(authorizer?.groups));
}

/**
 * API Gateway joins the groups with commas, and Cognito allows commas in group names, so `a,admins` can be one group or two. The function therefore returns the
 * list of groups in the token of `authorization`. API Gateway may have verified a different token: if the groups of the token, joined with commas, differ from
 * `joined`, the function returns no groups.
 */
function joinedGroups(joined: string, authorization: string | undefined): readonly string[] {
  if (!joined.includes(',')) return [joined];
  // The header is missing if your app's Cognito authorizer reads the token from a different header.
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

/** Returns an empty list for any text that is not a JSON array of strings. */
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
