declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'http';

  interface Model { jti: string; scope?: string; clientId: string; accountId: string; grantId?: string; authTime?: number; save(): Promise<string> }
  interface Session { destroy(): Promise<void> }
  interface Context {
    readonly oidc: {
      readonly client: { clientId: string };
      readonly route: string;
      readonly params: Record<string, string | undefined>;
      readonly session: { accountId?: string };
      readonly account?: { accountId: string };
      readonly entities: Record<string, Model | undefined>;
      readonly provider: Provider;
    };
    body: any;
    type: string;
  }
  interface Grant extends Model { addOIDCScope(scope: string): void }

  /** As much of the package, which has no types, as the local Cognito uses. */
  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly AccessToken: { prototype: object; find(value: string, options?: object): Promise<Model | undefined> };
    readonly Grant: new (properties: { clientId: string; accountId: string }) => Grant;
    readonly Session: { get(context: Context): Promise<Session> };
    pathFor(name: string, options?: object): string;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    createContext(request: IncomingMessage, response: ServerResponse): Context;
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ uid: string; cid: string }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object, options?: object): Promise<void>;
  }
}
