declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'http';

  interface Context {
    readonly oidc: {
      readonly account: { accountId: string }; readonly route: string; readonly params?: Record<string, string | undefined>;
      readonly entities: Record<string, { jti: string; authTime?: number } | undefined>;
    };
    status: number; body: any; type: string;
  }

  /** As much of the package, which has no types, as the local Cognito uses. */
  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly AccessToken: { prototype: object };
    readonly Grant: new (properties: { clientId: string; accountId: string }) => { addOIDCScope(scope: string): void; save(): Promise<string> };
    readonly Session: { get(context: Context): Promise<{ destroy(): Promise<void> }> };
    pathFor(name: string, options?: object): string;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    createContext(request: IncomingMessage, response: ServerResponse): Context;
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ cid: string }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object, options?: object): Promise<void>;
  }
}
