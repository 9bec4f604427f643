/** The value of the variable ROLES: the groups that have each role. With an empty list, no user has the role. */
export interface Roles {
  /** Default: every signed-in user can upload. */
  readonly uploaders?: readonly string[];
  /** Default: every signed-in user can watch. */
  readonly viewers?: readonly string[];
  /** Default: no user. */
  readonly admins?: readonly string[];
}
