import { Bitrate, Duration, Size } from 'aws-cdk-lib';
import { labelOf, OBJECT_PROPS, type Prop, rendering, SCALAR_PROPS } from './props';
import { Access, Identity } from '../../src';
import { sampledOnNewest } from '../toolkit/newest-cdk';
import { catalogIn, testStack, vodIn } from '../toolkit/stacks';

const ODD = {
  'null': null, 'undefined': undefined, 'NaN': NaN, 'Infinity': Infinity, '-1': -1, '0': 0, '1.5': 1.5, '7': 7, 'true': true,
  '""': '', '" "': ' ', '"x"': 'x', '"7"': '7', '[]': [], '[""]': [''], '[null]': [null], '["x"]': ['x'], '["x","x"]': ['x', 'x'], '{}': {},
  '90.5 s': Duration.millis(90_500), '0 s': Duration.seconds(0), 'NaN s': Duration.seconds(NaN), 'a year': Duration.days(365),
  '0 B': Size.bytes(0), '1.5 B': Size.bytes(1.5), '1 PiB': Size.pebibytes(1),
  '1 b/s': Bitrate.bps(1), '4 Mb/s': Bitrate.mbps(4),
};

const RIGHT: Record<string, (keyof typeof ODD)[]> = {
  'VodApiOptions.throttlingRateLimit': ['1.5', '7'],
  'VodApiOptions.throttlingBurstLimit': ['7'],
  'VodApiOptions.openThrottlingRateLimit': ['1.5', '7'],
  'VodApiOptions.openThrottlingBurstLimit': ['7'],
  'VodFunctionOptions.logRetention': ['7'],
  'VodFunctionOptions.reservedConcurrentExecutions': ['7'],
  'OidcIdentityOptions.reservedConcurrentExecutions': ['7'],
  'UserPoolIdentityOptions.reservedConcurrentExecutions': ['7'],
  'VodTranscodeOptions.concurrentJobs': ['7'],
  'UploadExpiryOptions.expiredVideo': ['a year'],
  'UploadQuotas.openUploads': ['7'],
  'UploadQuotas.videos': ['7'],
  'UploadQuotas.storedBytes': ['1 PiB'],
  'UploadQuotas.uploadsPerDay': ['7'],
  'OidcIdentityOptions.audiences': ['["x"]', '["x","x"]'],
  'OidcIdentityOptions.groupsClaim': ['"x"', '"7"'],
  'OidcIdentityOptions.cacheTtl': ['0 s'],
  'VodApiProps.appOrigins': ['[]'],
  'VodAuthProps.appOrigins': ['[]'],
  'VodAuthProps.deletionProtection': ['true'],
  'ServerlessVodProps.appOrigins': ['[]'],
  'ServerlessVodProps.deletionProtection': ['true'],
  'ServerlessVodProps.defaultRootObject': ['"x"', '"7"'],
  'PublicClientOptions.logoutUrls': ['[]'],
  'VodCatalogOptions.deletionProtection': ['true'],
  'VodDeliveryProps.defaultRootObject': ['"x"', '"7"'],
  'VodDeliveryOptions.keyGenerations': ['["x"]'],
  'TranscodeRung.maxBitrate': ['4 Mb/s'],
  'VodTranscodeOptions.maxDuration': ['a year'],
  'VodTranscodeOptions.maxConcurrency': ['7'],
  'VodTranscodeProps.uploadsPerDay': ['7'],
  'VodUploadProps.appOrigins': ['[]'],
  'VodIngestOptions.defaultOwner': ['"x"', '"7"'],
  'IngestBucket.prefix': ['""', '"x"', '"7"'],
  'IngestBucket.deleteSources': ['true'],
};

/** `null` must have the same outcome as `undefined`, because other languages can pass `null` for an omitted prop. */
function outcomesOf(prop: Prop, values: Readonly<Record<string, unknown>>): [value: string, outcome: string][] {
  const results = Object.entries(values).map(([odd, value]) => [odd, rendering(prop, () => value)] as const);
  const leftOut = new Map(results).get('undefined');
  return results.map(([odd, { outcome, template }]) => [odd, odd === 'null' && template !== leftOut?.template ? 'rendered, unlike undefined' : outcome]);
}

describe('a value of a wrong type is rejected with the name of the prop, and an omitted prop is accepted', () => {
  test.each(sampledOnNewest(SCALAR_PROPS).map((prop) => [labelOf(prop), prop] as const))('%s', (label, prop) => {
    const right: string[] = [...prop.optional ? ['null', 'undefined'] : [], ...RIGHT[label] ?? []];
    const outcomes = outcomesOf(prop, ODD);
    expect(outcomes).toEqual(Object.keys(ODD).map((odd) => [odd, right.includes(odd) ? 'rendered' : 'rejected']));
  });
});

const NO_OBJECT = { 'null': null, 'undefined': undefined, '7': 7, '"x"': 'x', 'true': true, '[]': [], '[null]': [null], '{}': {} };

const MAY_BE_EMPTY = /^(\{ \[pathPattern|VodRoles$|Upload(Quotas|(File|Expiry)Options)$|Vod(Upload|Ingest|Transcode|Catalog|Delivery|Api|Sweeper|Function)Options$|cognito\.UserPool(Props|ClientOptions|DomainOptions)$)/;

describe('a value that is not the expected object is rejected with the name of the prop', () => {
  test.each(sampledOnNewest(OBJECT_PROPS).map((prop) => [labelOf(prop), prop] as const))('%s', (_, prop) => {
    const right = [...prop.optional ? ['null', 'undefined'] : [], ...MAY_BE_EMPTY.test(prop.type) ? ['{}'] : []];
    const outcomes = outcomesOf(prop, NO_OBJECT);
    expect(outcomes).toEqual(Object.keys(NO_OBJECT).map((odd) => [odd, right.includes(odd) ? 'rendered' : 'rejected']));
  });
});

test('a misspelled key is rejected, because an omitted prop may allow more access', () => {
  const vod = (props: object) => () => vodIn(testStack(), props);
  expect(vod({ roles: { uploader: Access.group('editors') } })).toThrow('Test/Vod/Auth: roles.uploader: expected only uploaders, viewers, admins');
  expect(vod({ function: {}, firstAdmin: 'ada@example.com' })).toThrow(/^Test\/Vod: function, firstAdmin: expected only identity, roles, /);
  expect(vod({ functions: { memory: 1024 } })).toThrow('functions.memory: expected only memorySize, ');
  for (const area of ['upload', 'ingest', 'transcode', 'catalog', 'delivery', 'api']) {
    expect(vod({ [area]: { mispelled: 1 } })).toThrow(new RegExp(`^Test/Vod: ${area}\\.mispelled: expected only \\w+, `));
  }
  expect(vod({ identity: Identity.userPool({ passwordPolicy: {} } as object) })).toThrow(/^Test\/Vod\/Auth: passwordPolicy: expected only userPool, .*; did you mean userPool\.passwordPolicy\?$/);
  expect(vod({ identity: Identity.userPool({ userPool: { mfaa: 'REQUIRED' } as object }) })).toThrow(/^Test\/Vod\/Auth: userPool\.mfaa: expected only .*; did you mean userPool\.mfa\?$/);
  expect(vod({ identity: Identity.userPool({ userPool: { ofANewerCdk: true } as object }) })).not.toThrow();
  expect(vod({ identity: Identity.userPool({ publicClient: { callbackUrls: ['app://x'], logoutUrl: 'app://y' } as any }) })).toThrow('Test/Vod/Auth: publicClient.logoutUrl: expected only callbackUrls, logoutUrls');
  expect(() => catalogIn(testStack(), { mispelled: 1 } as object)).toThrow('Test/Catalog: mispelled: expected only table, ');
});

test.each<[object, string]>([
  [{ maxSize: Size.gibibytes(2) }, 'maxSize: expected only identity, roles, domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors, appOrigins, ladder, removalPolicy, deletionProtection, functions, catalog, upload, ingest, transcode, delivery, api, sweeper; did you mean upload.files.maxSize?'],
  [{ tracing: 'Active' }, 'sweeper; did you mean functions.tracing?'],
  [{ firstAdmin: 'ada@example.com' }, 'sweeper; did you mean identity: Identity.userPool({ firstAdmin })?'],
  [{ issuer: 'https://id.example.com' }, 'sweeper; did you mean identity: Identity.oidc({ issuer })?'],
  [{ eventBus: {} }, 'sweeper; did you mean catalog.eventBus?'],
  [{ bucket: {} }, 'sweeper; did you mean upload.bucket or delivery.bucket?'],
  [{ appOrigin: [] }, 'sweeper; did you mean appOrigins?'],
  [{ functoins: {}, LADDER: [] }, 'functoins, LADDER: expected only identity, roles, domainNames, certificate, defaultBehavior, defaultRootObject, additionalBehaviors, appOrigins, ladder, removalPolicy, deletionProtection, functions, catalog, upload, ingest, transcode, delivery, api, sweeper; did you mean functions?; did you mean ladder?'],
  [{ upload: { file: {} } }, 'removalPolicy; did you mean upload.files?'],
  [{ upload: { maxSize: Size.gibibytes(2) } }, 'removalPolicy; did you mean upload.files.maxSize?'],
  [{ upload: { files: { maxsize: Size.gibibytes(2) } } }, 'files.maxsize: expected only maxSize, multipartThreshold, contentTypes; did you mean files.maxSize?'],
  [{ upload: { signedUrl: Duration.minutes(5) } }, 'removalPolicy; did you mean upload.expiry.signedUrl?'],
  [{ api: { logRetention: 7 } }, 'functions; did you mean api.functions.logRetention?'],
  [{ transcode: { ladder: [] } }, 'functions; did you mean ladder?'],
])('the error of a key that is misspelled by one letter, or belongs to another struct, suggests the correct one (case %#)', (props, message) => {
  expect(() => vodIn(testStack(), props)).toThrow(message);
});
