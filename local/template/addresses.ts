/** The ports of the distribution, the AWS API endpoint, Cognito, and the token issuer that is not Cognito. */
export type Ports = Record<'edge' | 'aws' | 'auth' | 'otherIssuer', number>;

/** The issuer URL of apps without a user pool. The local stack replaces it with the URL of a local issuer. */
export const OTHER_ISSUER = 'https://identity.example.com';

/** Browsers resolve names below `.localhost` to the loopback address, and accept `Secure` cookies from these names. */
export function hostOf(domainName: string, edge: number): string {
  return `${domainName}.localhost:${edge}`;
}

/**
 * Replaces AWS's URLs and the distribution's domain names with local URLs. A host without a scheme is not replaced, because it is the domain name of an origin.
 */
export function rewrite(text: string, { edge, aws, auth, otherIssuer }: Ports, domainNames: readonly string[]): string {
  const address = (url: string) => new RegExp(`${url.replaceAll('.', '\\.')}(?![\\w.-])`, 'g');
  const table: [from: RegExp, to: string][] = [
    ...domainNames.map((name): [RegExp, string] => [address(`https://${name}`), `http://${hostOf(name, edge)}`]),
    [/https:\/\/[a-z0-9]+\.cloudfront\.net/g, `http://localhost:${edge}`],
    // The API's stage name equals the path prefix in the distribution, so the paths don't change.
    [/https:\/\/[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/g, `http://localhost:${edge}`],
    [/https:\/\/[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com/g, `http://127.0.0.1:${auth}`],
    [/https:\/\/cognito-idp\.[a-z0-9-]+\.amazonaws\.com/g, `http://127.0.0.1:${auth}`],
    [/https:\/\/([a-z0-9.-]+)\.s3\.(?:[a-z0-9-]+\.)?amazonaws\.com/g, `http://127.0.0.1:${aws}/$1`],
    [address(OTHER_ISSUER), `http://127.0.0.1:${otherIssuer}`],
  ];
  return table.reduce((rewritten, [from, to]) => rewritten.replace(from, to), text);
}
