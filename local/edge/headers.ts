type Headers = Record<string, string | string[]>;

/** The headers that a response headers policy adds: name, value, whether it wins over the origin's. */
function additions(policy: Record<string, any>, requestOrigin: string | undefined): [string, string, boolean][] {
  const security = policy.SecurityHeadersConfig ?? {};
  const added: [string, string, boolean][] = [];
  const add = (config: Record<string, any> | undefined, name: string, value: (config: Record<string, any>) => string) => {
    if (config) added.push([name, value(config), config.Override]);
  };
  add(security.ContentSecurityPolicy, 'content-security-policy', (each) => each.ContentSecurityPolicy);
  add(security.ContentTypeOptions, 'x-content-type-options', () => 'nosniff');
  add(security.FrameOptions, 'x-frame-options', (each) => each.FrameOption);
  add(security.ReferrerPolicy, 'referrer-policy', (each) => each.ReferrerPolicy);
  add(security.StrictTransportSecurity, 'strict-transport-security', (each) =>
    `max-age=${each.AccessControlMaxAgeSec}${each.IncludeSubdomains ? '; includeSubDomains' : ''}${each.Preload ? '; preload' : ''}`);
  add(security.XSSProtection, 'x-xss-protection', (each) => each.Protection ? `1${each.ModeBlock ? '; mode=block' : ''}` : '0');
  for (const each of policy.CustomHeadersConfig?.Items ?? []) add(each, each.Header.toLowerCase(), () => each.Value);

  const cors = policy.CorsConfig;
  const origins: string[] = cors?.AccessControlAllowOrigins.Items ?? [];
  const allowed = origins.includes('*') && !cors.AccessControlAllowCredentials ? '*' : origins.find((each) => each === '*' || each === requestOrigin);
  if (requestOrigin && allowed) {
    const list = (name: string, items: string[] | undefined) => items?.length && added.push([name, items.join(', '), cors.OriginOverride]);
    list('access-control-allow-origin', [allowed === '*' && cors.AccessControlAllowCredentials ? requestOrigin : allowed]);
    list('access-control-allow-credentials', cors.AccessControlAllowCredentials ? ['true'] : []);
    list('access-control-allow-methods', cors.AccessControlAllowMethods.Items);
    list('access-control-allow-headers', cors.AccessControlAllowHeaders.Items);
    list('access-control-expose-headers', cors.AccessControlExposeHeaders?.Items);
    list('access-control-max-age', cors.AccessControlMaxAgeSec === undefined ? [] : [String(cors.AccessControlMaxAgeSec)]);
    list('vary', ['Origin']);
  }
  return added;
}

/** The answer's headers after a response headers policy. */
export function applyPolicy(headers: Headers, policy: Record<string, any>, requestOrigin: string | undefined): Headers {
  const removed = new Set((policy.RemoveHeadersConfig?.Items ?? []).map((each: { Header: string }) => each.Header.toLowerCase()));
  const result = Object.fromEntries(Object.entries(headers).filter(([name]) => !removed.has(name.toLowerCase())));
  const names = new Map(Object.keys(result).map((name) => [name.toLowerCase(), name]));
  for (const [name, value, override] of additions(policy, requestOrigin)) {
    if (override || !names.has(name)) result[names.get(name) ?? name] = value;
  }
  return result;
}
