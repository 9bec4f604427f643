/** The groups that have each role: the value of ROLES. With an empty list, no user has the role. */
export interface Roles {
  /** Default: every signed-in user. */
  readonly uploaders?: readonly string[];
  /** Default: every signed-in user. */
  readonly viewers?: readonly string[];
  /** Default: no user. */
  readonly admins?: readonly string[];
}
