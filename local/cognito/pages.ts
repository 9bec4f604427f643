import type { ServerResponse } from 'http';

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{display:grid;place-items:center;min-height:90vh;margin:1rem}
main{width:100%;max-width:22rem;padding:2rem;box-sizing:border-box;border:1px solid #8884;border-radius:1rem}
h1{margin:0 0 1rem;font-size:1.4rem}
label{display:block;margin:0 0 1rem}
input,button{width:100%;padding:.6rem .8rem;box-sizing:border-box;border:1px solid #8888;border-radius:.5rem;font:inherit}
button{border:0;background:#2457d6;color:#fff;cursor:pointer}
[role=alert]{margin:0 0 1rem;color:#c62828}`;

/** Sends a plain page that loads nothing. */
export function sendPage(response: ServerResponse, status: number, content: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  }).end(page(content));
}

function page(content: string): string {
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><style>${style}</style><main>${content}</main></html>`;
}

/** The sign-in form; it posts to its own address. */
export function loginForm(csrf: string, message?: string): string {
  return `<h1>Sign in</h1>${message ? `<p role="alert">${escape(message)}</p>` : ''}
<form method="post">
<input type="hidden" name="_csrf" value="${escape(csrf)}">
<label>User name<input name="username" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>`;
}

/** An error of the hosted pages. */
export const errorText = (message: string): string => `<h1>An error was encountered with the requested page.</h1><p role="alert">${escape(message)}</p>`;
/** The same as a whole document. */
export const errorPage = (message: string): string => page(errorText(message));
