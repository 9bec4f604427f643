import type { ServerResponse } from 'http';

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The colors and shapes are those of the example page (examples/typescript/full/web/style.css). */
const STYLE = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1b2130, #e9ecf3);
  --soft: light-dark(#5a6375, #9ba5b9);
  --paper: light-dark(#f4f6fb, #10131a);
  --card: light-dark(#ffffff, #1a1f2a);
  --line: light-dark(#dfe4ee, #2b3241);
  --field: light-dark(#848da0, #667085);
  --accent: light-dark(#3a5bd9, #7f9bff);
  --button: light-dark(#3a5bd9, #4767e0);
  --error: light-dark(#b3261e, #ff9d94);
}
* { box-sizing: border-box; }
body { margin: 0; padding: 20px; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { width: 100%; max-width: 24rem; padding: 24px; background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 1px 3px #0000000d; overflow-wrap: anywhere; }
h1 { margin: 0 0 20px; font-size: 1.45rem; line-height: 1.25; display: flex; align-items: center; gap: 12px; }
.mark { flex: none; width: 34px; height: 34px; border-radius: 10px; color: #fff; background: var(--button); display: grid; place-items: center; }
.mark::after { content: ''; border: solid transparent; border-width: .42rem 0 .42rem .7rem; border-left-color: currentColor; margin-left: .15rem; }
[role=alert] { margin: 0 0 16px; padding: 10px 14px; border-radius: 10px; color: var(--error); background: color-mix(in srgb, var(--error) 10%, var(--card)); }
label { display: block; margin: 0 0 16px; font-weight: 600; }
input { display: block; width: 100%; margin-top: 4px; padding: 10px 12px; border: 1px solid var(--field); border-radius: 10px; background: none; color: inherit; font: inherit; font-weight: 400; }
input[aria-invalid=true] { border-color: var(--error); }
button { width: 100%; margin-top: 4px; padding: 10px 18px; border: 1px solid transparent; border-radius: 10px; font: inherit; font-weight: 600; color: #fff; background: var(--button); cursor: pointer; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
small { display: block; margin-top: 16px; color: var(--soft); }
@media (forced-colors: active) { .mark { forced-color-adjust: none; color: ButtonText; background: ButtonFace; border: 1px solid ButtonText; } }
`;

const page = (title: string, content: string): string => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head>
<body><main>
<h1><span class="mark" aria-hidden="true"></span>${title}</h1>
${content}
</main></body>
</html>`;

const alert = (message: string): string => `<p id="alert" role="alert">${escape(message)}</p>`;

export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  }).end(html);
}

interface FailedTry {
  readonly message: string;
  readonly username: string;
}

export function loginForm(csrf: string, failed?: FailedTry): string {
  const invalid = failed ? ' aria-invalid="true" aria-describedby="alert"' : '';
  // The cursor starts in the first field that the user has to fill in.
  const [first, second] = failed?.username ? ['', ' autofocus'] : [' autofocus', ''];
  return page('Sign in', `${failed ? alert(failed.message) : ''}
<form method="post">
<input type="hidden" name="_csrf" value="${escape(csrf)}">
<label>User name<input name="username" value="${escape(failed?.username ?? '')}" autocomplete="username" autocapitalize="none" spellcheck="false" required${first}${invalid}></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required${second}${invalid}></label>
<button>Sign in</button>
</form>
<small>This page belongs to the local stack. The terminal of the local stack lists the users.</small>`);
}

export const errorPage = (message: string) => page('This request failed', alert(message));
