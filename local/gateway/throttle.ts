import { onlyKnown } from '../lookup';
import { Refused } from './responses';
import type { Resource } from '../template/resources';

interface Limit { readonly rate: number; readonly burst: number }

/** API Gateway's default limits of an account. */
const ACCOUNT: Limit = { rate: 10_000, burst: 5_000 };

/**
 * Creates the throttling of a stage. Each method has a separate token bucket (API Gateway Developer Guide, "Throttle requests to your REST APIs").
 *
 * @param methods - the API's methods, each with the path of its resource
 */
export function createThrottle(stage: Resource, methods: { path: string; verb: string }[]): (path: string, verb: string) => void {
  const names = new Set(methods.map(({ path, verb }) => `${verb} /${path.replace(/\//g, '~1')}`));
  const limits = new Map<string, Limit>((stage.properties.MethodSettings ?? []).map((setting: Record<string, any>) => {
    const { HttpMethod, ResourcePath, ThrottlingRateLimit: rate = ACCOUNT.rate, ThrottlingBurstLimit: burst = ACCOUNT.burst } = setting;
    const name = `${HttpMethod} ${ResourcePath}`;
    onlyKnown(`${stage.logicalId} ${name}`, setting, 'HttpMethod ResourcePath ThrottlingRateLimit ThrottlingBurstLimit', { DataTraceEnabled: [false] });
    if (name !== '* /*' && !names.has(name)) throw new Error(`${stage.logicalId}: MethodSettings: the API has no method ${name}`);
    return [name, { rate, burst }];
  }));
  const buckets = new Map<string, { tokens: number; at: number }>();

  return (path, verb) => {
    const name = `${verb} /${path.replace(/\//g, '~1')}`;
    const { rate, burst } = limits.get(name) ?? limits.get('* /*') ?? ACCOUNT;
    const now = Date.now();
    const { tokens, at } = buckets.get(name) ?? { tokens: burst, at: now };
    const left = Math.min(burst, tokens + (Math.max(0, now - at) / 1000) * rate);
    buckets.set(name, { tokens: left < 1 ? left : left - 1, at: now });
    if (left < 1) throw new Refused('THROTTLED');
  };
}
