export class CookieJar {
  private readonly cookies = new Map<string, { host: string; path: string; pair: string }>();

  async fetch(address: string | URL, init: RequestInit = {}, hops = 10): Promise<Response> {
    const url = new URL(address);
    const meant = [...this.cookies.values()].filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path));
    const cookie = meant.map(({ pair }) => pair).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, ...(cookie && { cookie }) } });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split('; ');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
      const key = [url.hostname, path, pair.split('=')[0]].join();
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.cookies.delete(key);
      else this.cookies.set(key, { host: url.hostname, path, pair });
    }
    const location = response.headers.get('location');
    return location && hops > 0 ? this.fetch(new URL(location, url), {}, hops - 1) : response;
  }
}
