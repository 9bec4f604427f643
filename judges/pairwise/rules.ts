import { PROPS } from './props';

/** One way for each factor, by its label: `VodUploadOptions.maxSize` -> `gibibyte`. */
export type Combination = Readonly<Record<string, string>>;

/** A prop that is not given. */
export const LEFT_OUT = '-';

const DEPLOYMENT = {
  /** The whole service; its areas, wired by hand; the same around a catalog that another stack made. */
  wiring: ['service', 'areas', 'imported catalog'],
  region: ['any', 'us-east-1', 'eu-west-1'],
};

/** Factors and their ways: every prop, and what it is given to. */
export const FACTORS: Readonly<Record<string, readonly string[]>> = {
  ...DEPLOYMENT,
  ...Object.fromEntries(Object.entries(PROPS).flatMap(([struct, props]) => Object.entries(props).map(([prop, ways]) => [`${struct}.${prop}`, [LEFT_OUT, ...Object.keys(ways)]]))),
};

type Side = readonly [label: string | RegExp, ways: (way: string) => boolean];

/** Where the left side holds, the right one must. */
interface Rule {
  readonly when: Side;
  readonly then: Side;
  readonly why: string;
}

const isGiven = (way: string): boolean => way !== LEFT_OUT;
const isLeftOut = (way: string): boolean => way === LEFT_OUT;
const is = (...ways: string[]) => (way: string): boolean => ways.includes(way);

/** What belongs to another prop is left out without it, and what is required there is given with it. */
function partOf(parts: RegExp, whole: string, holds: (way: string) => boolean, required: RegExp | undefined, why: string): Rule[] {
  return [
    { when: [parts, isGiven], then: [whole, holds], why },
    ...required ? [{ when: [whole, holds], then: [required, isGiven], why } as Rule] : [],
  ];
}

/** What the library refuses on purpose, and what can't be given in a combination. A refusal that is not here is a finding. */
export const RULES: readonly Rule[] = [
  ...partOf(/^ServerlessVodProps\.certificate$/, 'ServerlessVodProps.domainNames', isGiven, /^ServerlessVodProps\.certificate$/, 'names need a certificate, and a certificate is for names'),
  ...partOf(/^ServerlessVodProps\.defaultRootObject$/, 'ServerlessVodProps.defaultBehavior', isGiven, undefined, 'a root object needs something that serves it'),
  ...partOf(/^(UserPoolIdentity|PublicClient)Options\./, 'ServerlessVodProps.identity', is('own pool'), undefined, 'options of Identity.userPool'),
  ...partOf(/^PublicClientOptions\.logoutUrls$/, 'PublicClientOptions.callbackUrls', isGiven, undefined, 'a public client needs a callback'),
  ...partOf(/^OidcIdentityOptions\./, 'ServerlessVodProps.identity', is('issuer'), /^OidcIdentityOptions\.(issuer|audiences)$/, 'options of Identity.oidc'),
  ...partOf(/^TranscodeRung\./, 'ServerlessVodProps.ladder', isGiven, /^TranscodeRung\./, 'rungs are in a ladder'),
  ...partOf(/^VodFunctionOptions\.(vpcSubnets|securityGroups)$/, 'VodFunctionOptions.vpc', isGiven, undefined, 'subnets and security groups are of a VPC'),
  { when: ['VodRoles.admins', is('nobody')], then: ['UserPoolIdentityOptions.firstAdmin', isLeftOut], why: 'the first admin is a member of the admins' },
  { when: ['UserPoolIdentityOptions.refreshTokenRotation', is('on')], then: ['UserPoolIdentityOptions.userPool', isGiven], why: 'rotation needs a plan above LITE' },
  { when: ['UserPoolIdentityOptions.domain', is('custom')], then: ['UserPoolIdentityOptions.userPool', isGiven], why: 'managed login needs a plan above LITE' },
  { when: ['VodFunctionOptions.vpc', is('own', 'of another stack')], then: ['region', is('any')], why: 'CDK would ask the account for its availability zones' },
  { when: ['ServerlessVodProps.domainNames', is('token')], then: ['wiring', is('service')], why: 'the url of an area by itself is given as text here' },
  { when: ['wiring', is('imported catalog')], then: [/^VodCatalogOptions\.(removalPolicy|deletionProtection|functions|eventBus)$/, isLeftOut], why: 'an imported catalog has a table and nothing else' },
  { when: ['wiring', is('imported catalog')], then: ['VodCatalogOptions.table', is('imported', 'own with a key')], why: 'an imported catalog has a table' },
];

/** Whether no rule forbids these two ways. */
export function mayMeet([label, way]: readonly [string, string], [otherLabel, otherWay]: readonly [string, string]): boolean {
  const matches = ([name]: Side, given: string): boolean => (typeof name === 'string' ? name === given : name.test(given));
  const breaks = ({ when, then }: Rule, one: readonly [string, string], two: readonly [string, string]): boolean => (
    matches(when, one[0]) && matches(then, two[0]) && when[1](one[1]) && !then[1](two[1]));
  return !RULES.some((rule) => breaks(rule, [label, way], [otherLabel, otherWay]) || breaks(rule, [otherLabel, otherWay], [label, way]));
}
