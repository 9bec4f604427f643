import dns from 'dns';

const { lookup } = dns;

/**
 * Resolves names below `.localhost` to the loopback address (RFC 6761, section 6.3). Browsers always do so, but Node does so only if the operating system does.
 */
export function resolveLocalhostNames(): void {
  dns.lookup = ((name: string, ...others: unknown[]) => (
    Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? 'localhost' : name, ...others]))) as typeof dns.lookup;
}
