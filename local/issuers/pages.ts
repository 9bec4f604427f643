import type { ServerResponse } from 'http';

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (content: string): string => `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{display:grid;place-items:center;min-height:90vh}
input,button{display:block;width:18rem;margin:0 0 1rem;padding:.6rem;box-sizing:border-box;font:inherit}</style><main>${content}</main></html>`;

export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  }).end(html);
}

export const loginForm = (csrf: string, message = ''): string => page(`<h1>Sign in</h1><p role="alert">${escape(message)}</p>
<form method="post"><input type="hidden" name="_csrf" value="${escape(csrf)}">
<label>User name<input name="username" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label><button>Sign in</button></form>`);

export const errorPage = (message: string) => page(`<h1>An error was encountered with the requested page.</h1><p role="alert">${escape(message)}</p>`);
