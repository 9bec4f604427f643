/** The value of the variable ROLES: for each role, the groups whose members have this role. If the list of a role is empty, no user has the role. */
export interface Roles {
  /** Default: every signed-in user can upload. */
  readonly uploaders?: readonly string[];
  /** Default: every signed-in user can watch. */
  readonly viewers?: readonly string[];
  /** Default: no user. */
  readonly admins?: readonly string[];
}
