/** Where this machine listens: the origin that users see, every call to AWS, sign-in and its tokens, the other issuer of tokens. */
export type Ports = Record<'edge' | 'aws' | 'auth' | 'otherIssuer', number>;

/** What a template names that trusts another issuer than a user pool: this machine has one. */
export const OTHER_ISSUER = 'https://identity.example.com';

/** The host of a domain name of the template's distribution: browsers find names below `.localhost` on this machine, and take `Secure` cookies from them. */
export function hostOf(domainName: string, edge: number): string {
  return `${domainName}.localhost:${edge}`;
}

/** Puts local URLs in the place of AWS's, and of the distribution's domain names. A host without a scheme stays: it names an origin. */
export function rewrite(text: string, { edge, aws, auth, otherIssuer }: Ports, domainNames: readonly string[]): string {
  const address = (url: string) => new RegExp(`${url.replaceAll('.', '\\.')}(?![\\w.-])`, 'g');
  const table: [from: RegExp, to: string][] = [
    ...domainNames.map((name): [RegExp, string] => [address(`https://${name}`), `http://${hostOf(name, edge)}`]),
    [/https:\/\/[a-z0-9]+\.cloudfront\.net/g, `http://localhost:${edge}`],
    // The stage is the path prefix of the distribution's API behaviour, so both addresses lead to the same route.
    [/https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g, `http://localhost:${edge}`],
    [/https:\/\/[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com/g, `http://127.0.0.1:${auth}`],
    [/https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com/g, `http://127.0.0.1:${auth}`],
    [/https:\/\/([a-z0-9.-]+)\.s3\.(?:[a-z0-9-]+\.)?amazonaws\.com/g, `http://127.0.0.1:${aws}/$1`],
    [address(OTHER_ISSUER), `http://127.0.0.1:${otherIssuer}`],
  ];
  return table.reduce((rewritten, [from, to]) => rewritten.replace(from, to), text);
}
