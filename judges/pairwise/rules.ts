import { PROPS } from './props';

/** For each factor, the name of its value in this combination, for example `UploadFileOptions.maxSize: 'gibibyte'`. */
export type Combination = Readonly<Record<string, string>>;

export const LEFT_OUT = '-';

const DEPLOYMENT = {
  /** The whole service, single areas without `ServerlessVod`, or single areas that use the catalog of a different stack. */
  wiring: ['service', 'areas', 'imported catalog'],
  region: ['any', 'us-east-1', 'eu-west-1'],
};

export const FACTORS: Readonly<Record<string, readonly string[]>> = {
  ...DEPLOYMENT,
  ...Object.fromEntries(Object.entries(PROPS).flatMap(([struct, props]) => Object.entries(props).map(([prop, ways]) => [`${struct}.${prop}`, [LEFT_OUT, ...Object.keys(ways)]]))),
};

type Side = readonly [label: string | RegExp, ways: (way: string) => boolean];

/** A combination that matches `when` must also match `then`. */
interface Rule {
  readonly when: Side;
  readonly then: Side;
  readonly why: string;
}

const isGiven = (way: string): boolean => way !== LEFT_OUT;
const isLeftOut = (way: string): boolean => way === LEFT_OUT;
const is = (...ways: string[]) => (way: string): boolean => ways.includes(way);

/**
 * Returns rules for `parts`, which are props that depend on the prop `whole`. If `whole` is omitted, `parts` must be omitted. If `whole` is set, the props that
 * match `required` must be set.
 */
function partOf(parts: RegExp, whole: string, holds: (way: string) => boolean, required: RegExp | undefined, why: string): Rule[] {
  return [
    { when: [parts, isGiven], then: [whole, holds], why },
    ...required ? [{ when: [whole, holds], then: [required, isGiven], why } as Rule] : [],
  ];
}

/** Impossible combinations, and combinations that the library rejects on purpose. Any other rejection is an error. */
export const RULES: readonly Rule[] = [
  ...partOf(/^ServerlessVodProps\.certificate$/, 'ServerlessVodProps.domainNames', isGiven, /^ServerlessVodProps\.certificate$/, 'domain names require a certificate, and a certificate requires domain names'),
  ...partOf(/^ServerlessVodProps\.defaultRootObject$/, 'ServerlessVodProps.defaultBehavior', isGiven, undefined, 'a root object requires a defaultBehavior, whose origin serves the object'),
  ...partOf(/^(UserPoolIdentity|PublicClient)Options\./, 'ServerlessVodProps.identity', is('own pool'), undefined, 'only Identity.userPool accepts these options'),
  ...partOf(/^PublicClientOptions\.logoutUrls$/, 'PublicClientOptions.callbackUrls', isGiven, undefined, 'a public client requires a callback URL'),
  ...partOf(/^OidcIdentityOptions\./, 'ServerlessVodProps.identity', is('issuer'), /^OidcIdentityOptions\.(issuer|audiences)$/, 'only Identity.oidc accepts these options'),
  ...partOf(/^TranscodeRung\./, 'ServerlessVodProps.ladder', isGiven, /^TranscodeRung\./, 'the props of a rung require a ladder'),
  ...partOf(/^IngestBucket\./, 'VodIngestOptions.buckets', isGiven, /^IngestBucket\.bucket$/, 'each item of VodIngestOptions.buckets requires a bucket'),
  ...partOf(/^VodFunctionOptions\.(vpcSubnets|securityGroups)$/, 'VodFunctionOptions.vpc', isGiven, undefined, 'subnets and security groups require a VPC'),
  { when: ['VodRoles.admins', is('nobody')], then: ['UserPoolIdentityOptions.firstAdmin', isLeftOut], why: 'firstAdmin requires a group in roles.admins' },
  { when: ['UserPoolIdentityOptions.refreshTokenRotation', is('on')], then: ['UserPoolIdentityOptions.userPool', isGiven], why: 'rotation of refresh tokens requires a Cognito feature plan above LITE' },
  { when: ['UserPoolIdentityOptions.domain', is('custom')], then: ['UserPoolIdentityOptions.userPool', isGiven], why: 'managed login requires a Cognito feature plan above LITE' },
  { when: ['VodFunctionOptions.vpc', is('own', 'of another stack')], then: ['region', is('any')], why: 'if the region is known, CDK looks up the availability zones of the account, which requires AWS credentials' },
  { when: ['ServerlessVodProps.domainNames', is('token')], then: ['wiring', is('service')], why: 'without `ServerlessVod`, `stacks.ts` builds the URL from the first domain name, which must not be a CDK token' },
  { when: ['wiring', is('imported catalog')], then: [/^VodCatalogOptions\.(removalPolicy|deletionProtection|functions|eventBus)$/, isLeftOut], why: 'an imported catalog accepts no option except the table' },
  { when: ['wiring', is('imported catalog')], then: ['VodCatalogOptions.table', is('imported', 'own with a key')], why: 'an imported catalog requires an existing table' },
];

export function mayMeet([label, way]: readonly [string, string], [otherLabel, otherWay]: readonly [string, string]): boolean {
  const matches = ([name]: Side, given: string): boolean => (typeof name === 'string' ? name === given : name.test(given));
  const breaks = ({ when, then }: Rule, one: readonly [string, string], two: readonly [string, string]): boolean => (
    matches(when, one[0]) && matches(then, two[0]) && when[1](one[1]) && !then[1](two[1]));
  return !RULES.some((rule) => breaks(rule, [label, way], [otherLabel, otherWay]) || breaks(rule, [otherLabel, otherWay], [label, way]));
}
