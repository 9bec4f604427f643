/** Someone who can sign in. */
export interface LocalUser { readonly username: string; readonly password: string; readonly groups: readonly string[] }

/** Who can sign in, on this machine only: someone in each role, and two who upload. */
export const sampleUsers: readonly LocalUser[] = [
  { username: 'ada', password: 'Analytical-Engine-1843', groups: ['admins', 'uploaders'] },
  { username: 'grace', password: 'Compiler-A0-1952', groups: ['uploaders'] },
  { username: 'katherine', password: 'Trajectory-Friendship-7', groups: ['uploaders', 'viewers'] },
  { username: 'linus', password: 'Just-For-Fun-1991', groups: [] },
];

/** What tokens say of their e-mail address. */
export const emailClaims = ({ username }: LocalUser) => ({ email: `${username}@example.com`, email_verified: true });
