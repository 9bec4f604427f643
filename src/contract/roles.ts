/** The groups that have each role; an empty list means nobody. What ROLES carries, as JSON. */
export interface Roles {
  /** Absent: everyone signed in. */
  readonly uploaders?: readonly string[];
  /** Absent: everyone signed in. */
  readonly viewers?: readonly string[];
  /** Absent: nobody. */
  readonly admins?: readonly string[];
}
