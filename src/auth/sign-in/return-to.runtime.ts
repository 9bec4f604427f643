import { RETURN_TO_LENGTH } from '../../contract/routes';

/**
 * `returnTo` is a path on the first of `origins`, or a URL on any of `origins`. The result is the parsed URL, so that a browser cannot parse `returnTo`
 * differently.
 */
export function allowedReturn(returnTo: string, origins: readonly string[]): string | undefined {
  const [own] = origins;
  // Browsers remove control characters and read a backslash as a slash, so `/\evil.example` leads to the host `evil.example`.
  const plain = !/[\u0000-\u0020\u007f\\]/.test(returnTo);
  const isPath = returnTo.startsWith('/') && !returnTo.startsWith('//');
  if (!plain || !URL.canParse(returnTo, isPath ? own : undefined)) return undefined;
  const url = new URL(returnTo, isPath ? own : undefined);
  // The protocol is checked, because the `origin` of a `blob:` URL can be an allowed origin.
  if (!['https:', 'http:'].includes(url.protocol) || !origins.includes(url.origin)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  // Escapes can make the parsed URL longer than `returnTo`.
  if (url.href.length > RETURN_TO_LENGTH) return undefined;
  return url.href;
}
