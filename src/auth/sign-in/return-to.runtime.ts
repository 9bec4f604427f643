import { RETURN_TO_LENGTH } from '../../contract/routes';

/**
 * Returns the URL to which a sign-in returns, or undefined if `returnTo` is not allowed. `returnTo` is a path on the first origin, or a URL on any of the
 * origins. The result is the parsed URL, so that a browser reads it in the same way.
 */
export function allowedReturn(returnTo: string, origins: readonly string[]): string | undefined {
  const [own] = origins;
  // Browsers remove control characters and read a backslash as a slash, so `/\evil.example` leads to another host.
  const plain = !/[\u0000-\u0020\u007f\\]/.test(returnTo);
  const isPath = returnTo.startsWith('/') && !returnTo.startsWith('//');
  if (!plain || !URL.canParse(returnTo, isPath ? own : undefined)) return undefined;
  const url = new URL(returnTo, isPath ? own : undefined);
  // A `blob:` URL has the origin of its content.
  if (!['https:', 'http:'].includes(url.protocol) || !origins.includes(url.origin)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  // The limit applies to the parsed URL, which the cookie stores. Escaping can make the URL longer.
  if (url.href.length > RETURN_TO_LENGTH) return undefined;
  return url.href;
}
