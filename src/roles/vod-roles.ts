import { Token } from 'aws-cdk-lib';
import type { Roles } from '../contract/roles';
import { isAbsent, keyProblem, libraryObjectProblem, objectProblem, show } from '../synth/prop-checks';

/** Cognito's limit (see CreateGroup in the Amazon Cognito User Pools API Reference). */
const MAX_GROUP_NAME_LENGTH = 128;

/** The users who have a role. */
export class Access {
  /** Every signed-in user. */
  public static signedIn(): Access {
    return new Access();
  }

  /**
   * The members of a group. `Identity.userPool()` creates a group with this name in the user pool.
   *
   * @param name the group name in the users' tokens: 1 to 128 characters. With a Cognito user pool, the name must not contain spaces or commas
   */
  public static group(name: string): Access {
    // JavaScript code can pass extra names, which `rolesProblems` rejects.
    return new Access([name, ...Array.from(arguments as Iterable<string>).slice(1)]);
  }

  /** No users except the admins, who have every role. */
  public static nobody(): Access {
    return new Access([]);
  }

  /** A list with the name of the group that has the role. The list is empty for `nobody()`, and undefined for `signedIn()`. */
  public readonly groups?: string[];

  // If `groups` is undefined, every signed-in user has the role. Therefore, `group()` always passes a list, even if the name is undefined.
  private constructor(groups?: string[]) {
    this.groups = groups;
  }
}

/**
 * The users who can upload, watch and administer videos. Every signed-in user can also list and watch their own videos.
 *
 * @example
 * new ServerlessVod(this, 'Vod', {
 *   roles: { uploaders: Access.group('uploaders'), viewers: Access.signedIn() },
 * });
 */
export interface VodRoles {
  /**
   * The users who can upload, in addition to the admins.
   * @default Access.signedIn()
   */
  readonly uploaders?: Access;

  /**
   * The users who, in addition to the admins, can list and watch the non-private videos of other users.
   * @default Access.signedIn()
   */
  readonly viewers?: Access;

  /**
   * The users who can upload videos, and can watch and manage every video, including private videos. The value must be one group or `Access.nobody()`. Without
   * `Identity.userPool()`, the default is `Access.nobody()`, because a group `admins` of another identity can have a different meaning.
   * @default - Access.group('admins') with `Identity.userPool()`; Access.nobody() with any other identity
   */
  readonly admins?: Access;
}

export const ROLES: Record<keyof VodRoles, true> = { uploaders: true, viewers: true, admins: true };

export function rolesProblems(roles: VodRoles | undefined, prop = 'roles', { required = false } = {}): (string | undefined)[] {
  const wrong = objectProblem(prop, roles, '{ uploaders, viewers, admins }', { required });
  if (wrong || isAbsent(roles)) return [wrong];
  return [
    keyProblem(prop, roles, ROLES),
    accessProblem(`${prop}.uploaders`, roles.uploaders),
    accessProblem(`${prop}.viewers`, roles.viewers),
    accessProblem(`${prop}.admins`, roles.admins) ?? (roles.admins && !roles.admins.groups
      ? `${prop}.admins: expected Access.group('admins') or Access.nobody(), got Access.signedIn(), which would make everyone an admin` : undefined),
  ];
}

export function openRoleProblems(roles: VodRoles, guard: VodRoles = {}): (string | undefined)[] {
  return (['uploaders', 'viewers'] as const).map((role) => (guard[role]?.groups && isAbsent(roles[role])
    ? `roles.${role}: expected a value, got none. The VodAuth of the API restricts this role. Pass the roles of the VodAuth, or set Access.signedIn() to allow every signed-in user` : undefined));
}

export function groupsOf({ uploaders, viewers, admins }: VodRoles = {}): Roles {
  return { uploaders: uploaders?.groups, viewers: viewers?.groups, admins: admins?.groups };
}

/** Without this check, an invalid value could give the role to every signed-in user. */
function accessProblem(prop: string, access: Access | undefined): string | undefined {
  if (isAbsent(access)) return undefined;
  if (Array.isArray(access)) return `${prop}: expected Access.group('editors') or another Access, got a list of length ${access.length}. A role accepts one Access`;
  const wrong = libraryObjectProblem(prop, access, 'Access.group(\'editors\') or another Access', { members: ['groups'] });
  if (!wrong && access.groups && access.groups.length > 1) {
    return `${prop}: expected Access.group with one name, got ${access.groups.map(show).join(' and ')}. A role accepts one group`;
  }
  return wrong ?? access.groups?.map((name) => groupProblem(prop, name)).find((problem) => problem !== undefined);
}

function groupProblem(prop: string, name: unknown): string | undefined {
  if (typeof name === 'string' && (Token.isUnresolved(name) || (name.trim() !== '' && name.length <= MAX_GROUP_NAME_LENGTH))) return undefined;
  const got = typeof name === 'string' && name.length > MAX_GROUP_NAME_LENGTH ? `${name.length} characters` : show(name);
  return `${prop}: expected one string of 1 to ${MAX_GROUP_NAME_LENGTH} characters as the group name, got ${got}`;
}
