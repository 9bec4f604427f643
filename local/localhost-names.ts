import dns from 'dns';

const { lookup } = dns;

/**
 * Resolves names below `.localhost` to the loopback address (RFC 6761, section 6.3). Browsers resolve these names without the operating system. Node depends on
 * the resolver of the operating system, which may not know these names.
 */
export function resolveLocalhostNames(): void {
  dns.lookup = ((name: string, ...others: unknown[]) => (
    Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? 'localhost' : name, ...others]))) as typeof dns.lookup;
}
