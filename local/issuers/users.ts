export interface LocalUser { readonly username: string; readonly password: string; readonly groups: readonly string[] }

/** At least one user for each role. Two users are uploaders but not admins. */
export const sampleUsers: readonly LocalUser[] = [
  { username: 'ada', password: 'Analytical-Engine-1843', groups: ['admins', 'uploaders'] },
  { username: 'grace', password: 'Compiler-A0-1952', groups: ['uploaders'] },
  { username: 'katherine', password: 'Trajectory-Friendship-7', groups: ['uploaders', 'viewers'] },
  { username: 'linus', password: 'Just-For-Fun-1991', groups: [] },
];

/** Adds a user for each group without a sample user, so that each role of the app has a user. */
export function usersFor(groups: readonly string[]): LocalUser[] {
  const others = groups.filter((group) => !sampleUsers.some((user) => user.groups.includes(group)));
  return [
    ...sampleUsers.map((user) => ({ ...user, groups: user.groups.filter((group) => groups.includes(group)) })),
    ...others.map((group) => ({ username: `member-of-${group}`, password: 'Bombe-Colossus-1943', groups: [group] })),
  ];
}

export const emailClaims = ({ username }: LocalUser) => ({ email: `${username}@example.com`, email_verified: true });
