import dns from 'dns';

const { lookup } = dns;

/**
 * Resolves names below `.localhost` to the loopback address (RFC 6761, section 6.3). Unlike browsers, Node resolves names below `.localhost` only if the
 * operating system resolves them.
 */
export function resolveLocalhostNames(): void {
  dns.lookup = ((name: string, ...others: unknown[]) => (
    Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? 'localhost' : name, ...others]))) as typeof dns.lookup;
}
