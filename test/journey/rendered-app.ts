import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'http';
import { createAppServer } from '../../examples/typescript/ssr/server/app-server';
import { listen } from '../../local/listen';
import type { Part } from '../../local/types';

export interface Asked { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }

const PAGES: Readonly<Record<string, readonly [status: number, headers: Record<string, string>, body?: string]>> = {
  '/old': [308, { location: '/new?from=old' }],
  '/broken': [500, { 'content-type': 'text/html' }, '<h1>Broken, says the app</h1>'],
  '/forbidden': [403, { 'content-type': 'text/html' }, '<h1>Forbidden, says the app</h1>'],
};

/** Records requests, and has additional pages for tests. */
export class RenderedApp {
  static async start(): Promise<RenderedApp> {
    const app = new RenderedApp();
    app.part = await listen(createServer((request, response) => void app.answer(request, response)), 0);
    return app;
  }

  service = '';
  readonly asked: Asked[] = [];
  private part!: Part & { readonly port: number };
  private readonly example = createAppServer(() => this.service);

  get port(): number {
    return this.part.port;
  }

  stop(): Promise<void> {
    return this.part.stop();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const asked = { method, url, headers, body: String(Buffer.concat(chunks)) };
    this.asked.push(asked);
    const [path] = url.split('?', 1);
    if (PAGES[path]) {
      const [status, pageHeaders, body] = PAGES[path];
      response.writeHead(status, pageHeaders).end(body);
    } else if (path.startsWith('/echo')) {
      const cookies = ['app-a=1; Path=/', 'app-b=two%20words; Path=/; HttpOnly'];
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': cookies }).end(JSON.stringify(asked));
    } else {
      if (path === '/assets/hls.min.js') response.setHeader('set-cookie', 'of-a-file=1');
      this.example.emit('request', request, response);
    }
  }
}
