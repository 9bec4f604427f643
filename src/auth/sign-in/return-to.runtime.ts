import { RETURN_TO_LENGTH } from '../../contract/routes';

/**
 * Returns the URL to which a sign-in returns, or undefined if `returnTo` is not allowed. `returnTo` is a path on the first of `origins`, or a URL on any of
 * `origins`. The result is the parsed URL, so that a browser cannot parse `returnTo` differently.
 */
export function allowedReturn(returnTo: string, origins: readonly string[]): string | undefined {
  const [own] = origins;
  // Browsers remove control characters and read a backslash as a slash, so `/\evil.example` leads to another host.
  const plain = !/[\u0000-\u0020\u007f\\]/.test(returnTo);
  const isPath = returnTo.startsWith('/') && !returnTo.startsWith('//');
  if (!plain || !URL.canParse(returnTo, isPath ? own : undefined)) return undefined;
  const url = new URL(returnTo, isPath ? own : undefined);
  // The check of the protocol rejects a `blob:` URL, whose `origin` can be an allowed origin.
  if (!['https:', 'http:'].includes(url.protocol) || !origins.includes(url.origin)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  // The limit applies to the parsed URL. Escapes can make this URL longer than `returnTo`.
  if (url.href.length > RETURN_TO_LENGTH) return undefined;
  return url.href;
}
