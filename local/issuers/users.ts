export interface LocalUser { readonly username: string; readonly password: string; readonly groups: readonly string[] }

/** The users of the local stack, with at least one user for each role. Two users are uploaders but not admins. */
export const sampleUsers: readonly LocalUser[] = [
  { username: 'ada', password: 'Analytical-Engine-1843', groups: ['admins', 'uploaders'] },
  { username: 'grace', password: 'Compiler-A0-1952', groups: ['uploaders'] },
  { username: 'katherine', password: 'Trajectory-Friendship-7', groups: ['uploaders', 'viewers'] },
  { username: 'linus', password: 'Just-For-Fun-1991', groups: [] },
];

/** The e-mail claims of a user's tokens. */
export const emailClaims = ({ username }: LocalUser) => ({ email: `${username}@example.com`, email_verified: true });
