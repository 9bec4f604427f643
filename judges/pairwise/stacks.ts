import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Given, PROPS, StructName } from './props';
import { Combination, LEFT_OUT } from './rules';
import { Access, ServerlessVod, VodApi, VodAuth, VodCatalog, VodDelivery, VodIngest, VodSweeper, VodTranscode, VodUpload } from '../../src';
import { SERVICE_URL } from '../../test/toolkit/stacks';

export function appOf(combination: Combination, outdir: string): { readonly app: App; readonly stack: Stack } {
  const app = new App({ outdir, analyticsReporting: false });
  const env = combination.region === 'any' ? undefined : { account: '123456789012', region: combination.region };
  const other = new Stack(app, 'Other', { env });
  const stack = new Stack(app, 'Videos', { env });
  const options = optionsOf(combination, stack, other);
  if (combination.wiring === 'service') new ServerlessVod(stack, 'Vod', service(options));
  else areas(new Construct(stack, 'Vod'), combination.wiring === 'imported catalog', options);
  return { app, stack };
}

type Options = (struct: StructName) => any;

/** Returns a function that creates the options of an interface. Later calls for the same interface return the same object. */
function optionsOf(combination: Combination, stack: Stack, other: Stack): Options {
  const made = new Map<StructName, object | undefined>();
  const given: Given = { mine: new Construct(stack, 'Mine'), other, token: (id) => new CfnParameter(stack, id).valueAsString, options: (struct) => options(struct as StructName) };
  const options: Options = (struct) => {
    if (!made.has(struct)) {
      const entries = Object.entries<any>(PROPS[struct]).map(([prop, ways]) => [prop, combination[`${struct}.${prop}`], ways])
        .filter(([, way]) => way !== LEFT_OUT).map(([prop, way, ways]) => [prop, ways[way](given)]);
      made.set(struct, entries.length > 0 ? Object.fromEntries(entries) : undefined);
    }
    return made.get(struct);
  };
  const publicClient = options('PublicClientOptions');
  if (publicClient) made.set('UserPoolIdentityOptions', { ...options('UserPoolIdentityOptions'), publicClient });
  return options;
}

function service(options: Options) {
  return {
    ...options('ServerlessVodProps'), roles: options('VodRoles'), functions: options('VodFunctionOptions'), catalog: options('VodCatalogOptions'),
    upload: { ...options('VodUploadOptions'), files: options('UploadFileOptions'), expiry: options('UploadExpiryOptions'), quotas: options('UploadQuotas') },
    ingest: options('VodIngestOptions'), transcode: options('VodTranscodeOptions'), delivery: options('VodDeliveryOptions'), api: options('VodApiOptions'), sweeper: options('VodSweeperOptions'),
  };
}

function areas(scope: Construct, isImported: boolean, options: Options): void {
  const { identity, roles, appOrigins, ladder, removalPolicy, deletionProtection, functions, ...given } = service(options);
  const url = given.domainNames ? `https://${given.domainNames[0]}` : SERVICE_URL;
  const { certificate, domainNames, defaultBehavior, defaultRootObject, additionalBehaviors } = given;
  const api = new VodApi(scope, 'Api', { functions, ...given.api, appOrigins });
  const auth = new VodAuth(scope, 'Auth', { identity, roles, url, appOrigins, removalPolicy, deletionProtection, functions });
  // In `ServerlessVodProps`, an omitted role means every signed-in user. In `VodCatalogProps`, all roles are required.
  const everyone = { uploaders: Access.signedIn(), viewers: Access.signedIn(), ...auth.roles };
  const catalog = isImported ? VodCatalog.fromTable(scope, 'Catalog', { table: given.catalog.table, url, roles: everyone })
    : new VodCatalog(scope, 'Catalog', { functions, removalPolicy, deletionProtection, ...given.catalog, roles: everyone, url });
  const delivery = new VodDelivery(scope, 'Delivery', {
    functions, removalPolicy, ...given.delivery, catalog, api, certificate, domainNames, defaultBehavior, defaultRootObject, additionalBehaviors,
  });
  if (catalog instanceof VodCatalog) delivery.signPosters(catalog);
  const upload = new VodUpload(scope, 'Upload', { functions, removalPolicy, ...given.upload, catalog, appOrigins });
  const transcode = new VodTranscode(scope, 'Transcode', { functions, ...given.transcode, catalog, sourceBucket: upload.bucket, mediaBucket: delivery.bucket, ladder, sourceLifecycle: upload.sourceLifecycle, uploadsPerDay: given.upload?.quotas?.uploadsPerDay });
  const ingest = given.ingest && new VodIngest(scope, 'Ingest', { functions, ...given.ingest, catalog, transcode, upload });
  new VodSweeper(scope, 'Sweeper', { functions, ...given.sweeper, catalog, transcode, upload, ingest });
  auth.guard(api);
  for (const area of [auth, ...catalog instanceof VodCatalog ? [catalog] : [], delivery, upload, transcode]) area.addRoutes(api);
}
