import { createHash } from 'crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { HttpProblem } from './http-problem';
import { headerOf } from './read-request';
import { PROBLEMS, type ProblemCode } from '../contract/problems';
import { RESPONSE_HEADERS } from '../contract/response-headers';
import type { ErrorPageLink } from '../contract/routes';

/** Returns the HTML page for an error, or undefined if the caller must receive the error as problem+json. */
export type ErrorPage = (event: APIGatewayProxyEvent, problem: HttpProblem, link: ErrorPageLink) => Page | undefined;

interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const STYLE = `:root{color-scheme:light dark;--soft:light-dark(#5a6375,#9ba5b9);--line:light-dark(#dfe4ee,#2b3241)}
*{box-sizing:border-box}
body{margin:0;padding:16px;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;color:light-dark(#1b2130,#e9ecf3);background:light-dark(#f4f6fb,#10131a)}
main{width:100%;max-width:30rem;padding:24px;background:light-dark(#fff,#1a1f2a);border:1px solid var(--line);border-radius:16px;overflow-wrap:anywhere}
h1{margin:0;font-size:1.45rem;line-height:1.25}
a{display:inline-block;padding:10px 18px;border:1px solid transparent;border-radius:10px;font-weight:600;text-decoration:none;color:#fff;background:light-dark(#3a5bd9,#4767e0)}
a:focus-visible{outline:3px solid light-dark(#3a5bd9,#7f9bff);outline-offset:2px}
small{color:var(--soft)}`;

/**
 * The content security policy of all responses, plus a hash that allows the style of the page. The link on the page sends no referrer, because the URL of a
 * failed sign-in contains an authorization code.
 */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `${RESPONSE_HEADERS['content-security-policy']}; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'referrer-policy': 'no-referrer',
} as const;

const HEADINGS: Partial<Record<ProblemCode, string>> = {
  invalid_request: 'This link does not work',
  invalid_return_to: 'This link does not work',
  sign_in_failed: 'The sign-in failed',
  upstream_failed: 'The service is temporarily unavailable',
  internal: 'Something went wrong',
};

const TEXTS: Partial<Record<ProblemCode, string>> = {
  invalid_request: 'A part of the link is not valid.',
  invalid_return_to: 'After the sign-in, the link would open a page that this service does not allow.',
  upstream_failed: 'Please wait a moment, then reload this page.',
};

/**
 * Returns a page if the browser opens the response in a tab, where a person sees the response. Frames and scripts receive problem+json. The function is an
 * argument of `serveRoutes`, so that the bundles of other handlers do not contain the code of the page.
 */
export const errorPage: ErrorPage = (event, problem, link) => wantsPage(event) ? { headers: HEADERS, text: pageOf(problem, link) } : undefined;

function wantsPage(event: APIGatewayProxyEvent): boolean {
  const ranges = (headerOf(event, 'accept') ?? '').split(',');
  return headerOf(event, 'sec-fetch-mode') === 'navigate'
    && (headerOf(event, 'sec-fetch-dest') ?? 'document') === 'document'
    && ranges.some((range) => range.split(';')[0].trim().toLowerCase() === 'text/html');
}

function pageOf({ code, message, options: { pageText, pageLink } }: HttpProblem, { href, label }: ErrorPageLink): string {
  const heading = escape(HEADINGS[code] ?? PROBLEMS[code].title);
  const text = escape(pageText ?? TEXTS[code] ?? `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${heading}</title><style>${STYLE}</style></head>
<body><main>
<h1>${heading}</h1>
<p>${text}</p>
<p><a href="${escape(pageLink ?? href)}">${escape(label)}</a></p>
<small>Error code: <code>${code}</code></small>
</main></body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
