import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Roles } from '../domain/roles';

/** Longest name of a group in Cognito (Amazon Cognito User Pools API Reference, CreateGroup). */
const MAX_GROUP_NAME_LENGTH = 128;

/** Who has a role. */
export class Access {
  /** Everyone who is signed in. */
  public static signedIn(): Access {
    return new Access();
  }

  /**
   * The members of a group.
   *
   * @param name the group, as people's tokens name it; of a Cognito pool one without a comma, since API Gateway joins groups by it
   */
  public static group(name: string): Access {
    return new Access({ name });
  }

  /** @internal */
  public readonly _group?: { readonly name: string };

  // In a box, so that a name that turns out to be undefined never means everyone.
  private constructor(group?: { readonly name: string }) {
    this._group = group;
  }
}

/** Who may do what. Everyone signed in may also list and watch the videos that are their own. */
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
   * The group whose members may upload, and manage and watch every video, private ones too.
   * @default - `admins` with the service's own user pool; nobody with another identity, whose groups have meanings of their own
   */
  readonly admins?: string;
}

/** What is wrong with the roles, in the names of the props. */
export function rolesProblems(roles: VodRoles = {}): (string | undefined)[] {
  return [
    roles.uploaders?._group && groupProblem('roles.uploaders', roles.uploaders._group.name),
    roles.viewers?._group && groupProblem('roles.viewers', roles.viewers._group.name),
    roles.admins === undefined ? undefined : groupProblem('roles.admins', roles.admins),
  ];
}

/** The group of each role. */
export function groupsOf({ uploaders, viewers, admins }: VodRoles = {}): Roles {
  return { uploaders: uploaders?._group?.name, viewers: viewers?._group?.name, admins };
}

/** The roles as handlers read them: ROLES in their environment. */
export function renderRoles(scope: Construct, roles?: VodRoles): string {
  return Stack.of(scope).toJsonString(groupsOf(roles));
}

function groupProblem(prop: string, name: string | undefined): string | undefined {
  if (Token.isUnresolved(name)) return undefined;
  if (typeof name === 'string' && name.length >= 1 && name.length <= MAX_GROUP_NAME_LENGTH) return undefined;
  const got = typeof name === 'string' && name !== '' ? `one of ${name.length}` : `'${name ?? ''}'`;
  return `${prop}: expected a group's name of 1 to ${MAX_GROUP_NAME_LENGTH} characters, got ${got}`;
}
