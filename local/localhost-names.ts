import dns from 'dns';

const { lookup } = dns;

/** Names below `.localhost` are this machine (RFC 6761, section 6.3): browsers know that, and Node only where the system's resolver does. */
export function resolveLocalhostNames(): void {
  dns.lookup = ((name: string, ...others: unknown[]) => (
    Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? 'localhost' : name, ...others]))) as typeof dns.lookup;
}
