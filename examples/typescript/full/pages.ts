import { readFileSync } from 'fs';
import * as path from 'path';
import { type FunctionAssociation, FunctionCode, FunctionEventType, Function, FunctionRuntime } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';

/**
 * A CloudFront Function for the paths of the web app. `/watch/{videoId}` returns the file `index.html`, and unknown paths return the page `not-found.html` with
 * the status 404. A custom error page of the distribution would also replace the errors of the API.
 *
 * @param domainNames - All names of the distribution. Requests for other names than the first are redirected, because users can sign in only at the first name.
 */
export function pagesFunction(scope: Construct, domainNames: readonly string[] = []): FunctionAssociation {
  const notFound = readFileSync(path.join(__dirname, 'not-found.html'), 'utf8');
  const redirect = domainNames.length === 0 ? '' : `
  if (request.headers.host.value !== '${domainNames[0]}') {
    const query = request.rawQueryString();
    return answer(307, 'Temporary Redirect', { location: { value: 'https://${domainNames[0]}' + request.uri + (query ? '?' + query : '') } });
  }`;
  const code = `function handler({ request }) {${redirect}
  if (/^\\/watch\\/[\\w-]+$/.test(request.uri)) request.uri = '/index.html';
  else if (request.uri !== '/' && !/\\.(js|mjs|css)$/.test(request.uri)) {
    return answer(404, 'Not Found', { 'content-type': { value: 'text/html; charset=utf-8' } }, ${JSON.stringify(notFound)});
  }
  return request;
}
function answer(statusCode, statusDescription, headers, body) {
  headers['cache-control'] = { value: 'no-store' };
  return Object.assign({ statusCode, statusDescription, headers }, body && { body });
}`;
  const pages = new Function(scope, 'Pages', { comment: 'Paths of the web app', runtime: FunctionRuntime.JS_2_0, code: FunctionCode.fromInline(code) });
  return { eventType: FunctionEventType.VIEWER_REQUEST, function: pages };
}
