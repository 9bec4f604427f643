/** Who calls, from the claims that the authorizer verified. */
export interface Caller {
  /** The `sub` claim. */
  readonly userId: string;
  readonly groups: readonly string[];
}

/** API Gateway hands claims over as strings: a list of groups becomes `a,b`. */
export function callerFrom(claims: Record<string, unknown> | undefined): Caller | undefined {
  const sub = claims?.sub;
  if (typeof sub !== 'string' || sub === '') return undefined;
  const groups = claims?.['cognito:groups'];
  return { userId: sub, groups: typeof groups === 'string' && groups !== '' ? groups.split(',') : [] };
}
