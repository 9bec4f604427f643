import { Token } from 'aws-cdk-lib';
import type { Roles } from '../contract/roles';
import { isAbsent, keyProblem, objectProblem, ownObjectProblem, show } from '../synth/prop-checks';

/** Longest name of a group in Cognito (Amazon Cognito User Pools API Reference, CreateGroup). */
const MAX_GROUP_NAME_LENGTH = 128;

/** Who has a role. */
export class Access {
  /** Everyone who is signed in. */
  public static signedIn(): Access {
    return new Access();
  }

  /**
   * The members of a group. The service's own user pool gets a group of this name.
   *
   * @param name the group, as people's tokens name it: 1 to 128 characters; with a Cognito user pool neither spaces nor commas
   */
  public static group(name: string): Access {
    // What plain JavaScript passes too many is kept, for `rolesProblems` to refuse.
    return new Access([name, ...Array.from(arguments as Iterable<string>).slice(1)]);
  }

  /** Nobody. Admins have every other role all the same. */
  public static nobody(): Access {
    return new Access([]);
  }

  /** Undefined: everyone who is signed in. @internal */
  public readonly _groups?: readonly string[];

  // A list, so that a name that turns out to be undefined never means everyone.
  private constructor(groups?: readonly string[]) {
    this._groups = groups;
  }
}

/**
 * Who may do what. Everyone signed in may also list and watch the videos that are their own.
 *
 * @example
 * new ServerlessVod(this, 'Vod', {
 *   roles: { uploaders: Access.group('uploaders'), viewers: Access.signedIn() },
 * });
 */
export interface VodRoles {
  /**
   * Who may upload, besides the admins.
   * @default Access.signedIn()
   */
  readonly uploaders?: Access;

  /**
   * Who may list and watch what others have uploaded and not kept private, besides the admins.
   * @default Access.signedIn()
   */
  readonly viewers?: Access;

  /**
   * Who may upload, and manage and watch every video, private ones too: a group, or nobody.
   * @default - Access.group('admins') with the service's own user pool; Access.nobody() with another identity, whose groups have meanings of their own
   */
  readonly admins?: Access;
}

/** Every role. */
export const ROLES: Record<keyof VodRoles, true> = { uploaders: true, viewers: true, admins: true };

/** What is wrong with the roles, in the names of the props. */
export function rolesProblems(roles: VodRoles | undefined, prop = 'roles', { required = false } = {}): (string | undefined)[] {
  const wrong = objectProblem(prop, roles, '{ uploaders, viewers, admins }', { required });
  if (wrong || isAbsent(roles)) return [wrong];
  return [
    keyProblem(prop, roles, ROLES),
    accessProblem(`${prop}.uploaders`, roles.uploaders),
    accessProblem(`${prop}.viewers`, roles.viewers),
    accessProblem(`${prop}.admins`, roles.admins) ?? (roles.admins && !roles.admins._groups
      ? `${prop}.admins: expected Access.group('admins') or Access.nobody(), got Access.signedIn(), which would make everyone an admin` : undefined),
  ];
}

/** Roles that were left out, and so mean everyone, of an area whose API is guarded by somebody who restricts them. */
export function openRoleProblems(roles: VodRoles, guard: VodRoles = {}): (string | undefined)[] {
  return (['uploaders', 'viewers'] as const).map((role) => (guard[role]?._groups && isAbsent(roles[role])
    ? `roles.${role}: expected the roles of the VodAuth that guards this API and restricts this one, or Access.signedIn(), got none, which means everyone signed in` : undefined));
}

/** The groups of each role. */
export function groupsOf({ uploaders, viewers, admins }: VodRoles = {}): Roles {
  return { uploaders: uploaders?._groups, viewers: viewers?._groups, admins: admins?._groups };
}

/** Where no compiler looks, a name in an access's place must not come to mean everyone. Not by class, since a library may be there twice. */
function accessProblem(prop: string, access: Access | undefined): string | undefined {
  if (isAbsent(access)) return undefined;
  if (Array.isArray(access)) return `${prop}: expected Access.group('editors') or another Access, got a list of ${access.length}: a role takes one Access`;
  const wrong = ownObjectProblem(prop, access, 'Access.group(\'editors\') or another Access', { members: ['_groups'] });
  if (!wrong && access._groups && access._groups.length > 1) {
    return `${prop}: expected Access.group with one name, got ${access._groups.map(show).join(' and ')}: a role takes one group`;
  }
  return wrong ?? access._groups?.map((name) => groupProblem(prop, name)).find((problem) => problem !== undefined);
}

function groupProblem(prop: string, name: unknown): string | undefined {
  if (typeof name === 'string' && (Token.isUnresolved(name) || (name.trim() !== '' && name.length <= MAX_GROUP_NAME_LENGTH))) return undefined;
  const got = typeof name === 'string' && name.length > MAX_GROUP_NAME_LENGTH ? `one of ${name.length}` : show(name);
  return `${prop}: expected a group's name of 1 to ${MAX_GROUP_NAME_LENGTH} characters, got ${got}`;
}
