import type { Caller } from '../domain/roles';

/**
 * Who calls, as whatever authorizer guards the API has verified: API Gateway's own for Cognito hands over the claims, a Lambda authorizer
 * (ours, or the user's own) a principal and, as text, what else it chose to say. What has not the form of either is nobody.
 */
export function callerFrom(authorizer: Readonly<Record<string, unknown>> | null | undefined): Caller | undefined {
  // A Lambda authorizer can't pass an object, so nothing that it says is taken for claims.
  const claims = authorizer?.claims;
  if (typeof claims === 'object' && claims !== null) {
    const { sub, 'cognito:groups': groups } = claims as Record<string, unknown>;
    // API Gateway hands claims over as strings: a list becomes `a,b`.
    return caller(sub, typeof groups === 'string' && groups !== '' ? groups.split(',') : []);
  }
  return caller(authorizer?.principalId, namesIn(authorizer?.groups));
}

function caller(userId: unknown, groups: readonly string[]): Caller | undefined {
  return typeof userId === 'string' && userId !== '' ? { userId, groups } : undefined;
}

/** A list of names in JSON, whole or not at all. */
function namesIn(text: unknown): readonly string[] {
  try {
    const names: unknown = typeof text === 'string' ? JSON.parse(text) : [];
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : [];
  } catch {
    return [];
  }
}
