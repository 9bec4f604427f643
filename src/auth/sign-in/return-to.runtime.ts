import { RETURN_TO_LENGTH } from '../../contract/routes';

/**
 * Where a sign-in may return: a path of the first origin, or an address on any of them. Answers the address as it was
 * parsed, so that a browser reads it as we did; undefined when it is refused.
 */
export function allowedReturn(returnTo: string, origins: readonly string[]): string | undefined {
  const [own] = origins;
  // Browsers drop control characters and turn backslashes, which makes `/\evil.example` another host.
  const plain = !/[\u0000-\u0020\u007f\\]/.test(returnTo);
  const isPath = returnTo.startsWith('/') && !returnTo.startsWith('//');
  if (!plain || !URL.canParse(returnTo, isPath ? own : undefined)) return undefined;
  const url = new URL(returnTo, isPath ? own : undefined);
  // `blob:` addresses have the origin of what they hold.
  if (!['https:', 'http:'].includes(url.protocol) || !origins.includes(url.origin)) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  // Parsing escapes, and so lengthens: it is this that the cookie holds.
  if (url.href.length > RETURN_TO_LENGTH) return undefined;
  return url.href;
}
