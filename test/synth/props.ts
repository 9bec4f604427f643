import { readdirSync, readFileSync } from 'fs';
import * as path from 'path';
import { Bitrate, CfnParameter, Duration, Fn, Size, Stack, Token } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ts from 'typescript';
import { Access, Identity, ServerlessVod, VodApi, VodAuth, type IVodCatalog, VodCatalog, VodDelivery, VodIngest, VodSweeper, VodTranscode, VodUpload, type VodUploadProps } from '../../src';
import { catalogIn, SERVICE_URL, templateOf, testStack } from '../toolkit/stacks';

const SRC = path.join(__dirname, '..', '..', 'src');

export interface Prop {
  readonly struct: string;
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

export const PROPS: readonly Prop[] = (() => {
  const exported = readFileSync(path.join(SRC, 'index.ts'), 'utf8');
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /^(?!.*\.lambda).*\.ts$/.test(file)).sort().flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(path.join(SRC, file), 'utf8'), ts.ScriptTarget.Latest);
    // In jsii, an interface whose name begins with I is not a struct.
    const structs = source.statements.filter(ts.isInterfaceDeclaration).filter(({ name }) => !/^I[A-Z]/.test(name.text) && new RegExp(`\\b${name.text}\\b`).test(exported));
    return structs.flatMap(({ name: { text: struct }, members }) => members.filter(ts.isPropertySignature).map(({ name, type, questionToken }) => ({
      struct, name: name.getText(source), type: type!.getText(source), optional: questionToken !== undefined,
    })));
  });
})();

/** Synthesis is much faster without the handlers of a catalog. */
function aCatalog(stack: Stack): IVodCatalog {
  return VodCatalog.fromTable(stack, 'Catalog', { table: dynamodb.Table.fromTableName(stack, 'CatalogTable', 'videos'), url: SERVICE_URL, roles: {} });
}

function transcode(stack: Stack, props: object): void {
  const bucket = (id: string) => s3.Bucket.fromBucketName(stack, id, id.toLowerCase());
  new VodTranscode(stack, 'Area', { catalog: aCatalog(stack), sourceBucket: bucket('Sources'), mediaBucket: bucket('Media'), ...props });
}

function auth(stack: Stack, props: object): void {
  // `VodAuth` is created first, so that invalid props are rejected before the API is created.
  const vodAuth = new VodAuth(stack, 'Area', { url: SERVICE_URL, ...props });
  const api = new VodApi(stack, 'Api');
  vodAuth.guard(api);
  // CDK rejects an authorizer that no method uses.
  catalogIn(stack, { roles: vodAuth.roles }).addRoutes(api);
}

/** Adds missing props: `domainNames` and `certificate` require each other, and `defaultRootObject` requires `defaultBehavior`. */
function withNeighbours(stack: Stack, props: { domainNames?: string[]; certificate?: object; defaultRootObject?: string }): object {
  const certificate = () => Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/1');
  return {
    ...props.domainNames && { certificate: certificate() },
    ...props.certificate && { domainNames: [SERVICE_URL.replace('https://', '')] },
    ...props.defaultRootObject && { defaultBehavior: { origin: new origins.HttpOrigin('app.example.com') } },
    ...props,
  };
}

const exportsIn = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Exports', 'exports');

function ingest(stack: Stack, props: object): void {
  const catalog = aCatalog(stack);
  const uploads = new VodUpload(stack, 'Upload', { catalog });
  const transcoding = new VodTranscode(stack, 'Transcode', { catalog, sourceBucket: uploads.bucket, mediaBucket: s3.Bucket.fromBucketName(stack, 'Media', 'media') });
  new VodIngest(stack, 'Area', { catalog, upload: uploads, transcode: transcoding, ...props });
}

/** Creates a `VodUpload`, and a `VodSweeper` that ends expired uploads. */
function upload(stack: Stack, props: Partial<VodUploadProps>): void {
  const catalog = aCatalog(stack);
  new VodSweeper(stack, 'Sweeper', { catalog, upload: new VodUpload(stack, 'Area', { catalog, ...props }) });
}

/** Creates the smallest construct that accepts the struct. Larger constructs would make the tests slow. */
export const BUILD: Record<string, (stack: Stack, props: any) => void> = {
  ServerlessVodProps: (stack, props) => new ServerlessVod(stack, 'Area', withNeighbours(stack, props)),
  VodApiOptions: (stack, props) => new VodApi(stack, 'Area', props),
  VodApiProps: (stack, props) => new VodApi(stack, 'Area', props),
  VodAuthProps: auth,
  VodRoles: (stack, roles) => auth(stack, { roles: { viewers: Access.group('viewers'), ...roles } }),
  UserPoolIdentityOptions: (stack, props) => auth(stack, { identity: Identity.userPool(props) }),
  PublicClientOptions: (stack, props) => auth(stack, { identity: Identity.userPool({ publicClient: { callbackUrls: ['com.example.app://callback'], ...props } }) }),
  OidcIdentityOptions: (stack, props) => auth(stack, { identity: Identity.oidc({ issuer: 'https://id.example.com', audiences: ['web'], ...props }) }),
  VodCatalogOptions: (stack, props) => new VodCatalog(stack, 'Area', { url: SERVICE_URL, ...props }),
  VodFunctionOptions: (stack, functions) => new VodCatalog(stack, 'Area', { url: SERVICE_URL, functions }),
  VodCatalogProps: (stack, props) => new VodCatalog(stack, 'Area', { url: SERVICE_URL, ...props }),
  VodCatalogAttributes: (stack, props) => {
    const table = dynamodb.Table.fromTableName(stack, 'Table', 'videos');
    const catalog = VodCatalog.fromTable(stack, 'Area', { table, url: SERVICE_URL, roles: {}, ...props });
    new VodUpload(stack, 'Upload', { catalog });
  },
  VodDeliveryOptions: (stack, props) => new VodDelivery(stack, 'Area', { catalog: aCatalog(stack), ...props }),
  VodDeliveryProps: (stack, props) => new VodDelivery(stack, 'Area', { catalog: aCatalog(stack), ...withNeighbours(stack, props) }),
  VodSweeperOptions: (stack, props) => new VodSweeper(stack, 'Area', { catalog: aCatalog(stack), ...props }),
  VodSweeperProps: (stack, props) => new VodSweeper(stack, 'Area', { catalog: aCatalog(stack), ...props }),
  VodTranscodeOptions: transcode,
  VodTranscodeProps: transcode,
  TranscodeRung: (stack, rung) => transcode(stack, {
    ladder: [{ height: 720, maxBitrate: Bitrate.mbps(4), ...rung }, { height: 360, maxBitrate: Bitrate.mbps(1) }],
  }),
  UploadFileOptions: (stack, files) => upload(stack, { files }),
  UploadExpiryOptions: (stack, expiry) => upload(stack, { expiry }),
  UploadQuotas: (stack, quotas) => new VodUpload(stack, 'Area', { catalog: aCatalog(stack), quotas }),
  VodIngestOptions: ingest,
  VodIngestProps: (stack, props) => ingest(stack, { buckets: [{ bucket: exportsIn(stack) }], ...props }),
  IngestBucket: (stack, props) => ingest(stack, { buckets: [{ bucket: exportsIn(stack), ...props }] }),
  VodUploadOptions: upload,
  VodUploadProps: upload,
};

const SCALARS = ['string', 'number', 'boolean', 'string[]', 'Duration', 'Size', 'Bitrate', 'VideoVisibility', 'SigningKeyType', 'OidcToken', 'RemovalPolicy', 'cloudfront.PriceClass', 'logs.RetentionDays', 'lambda.Tracing'];

export const SCALAR_PROPS = PROPS.filter(({ type }) => SCALARS.includes(type));

export const OBJECT_PROPS = PROPS.filter(({ type }) => !SCALARS.includes(type));

export function tokensOf(stack: Stack, type: string): Record<string, unknown> {
  const parameter = new CfnParameter(stack, 'Marker');
  const number = Token.asNumber(parameter.value);
  switch (type) {
    case 'number': return { number };
    case 'Duration': return { seconds: Duration.seconds(number), minutes: Duration.minutes(number) };
    case 'Bitrate': return { bps: Bitrate.bps(number), mbps: Bitrate.mbps(number) };
    case 'Size': return { bytes: Size.bytes(number), mebibytes: Size.mebibytes(number) };
    case 'string[]': {
      const list = new CfnParameter(stack, 'MarkerList', { type: 'CommaDelimitedList' });
      return { list: list.valueAsList, split: Fn.split(',', parameter.valueAsString), item: [parameter.valueAsString], spread: ['video/mp4', ...list.valueAsList] };
    }
    default: return { string: parameter.valueAsString };
  }
}

export const labelOf = ({ struct, name }: Prop): string => `${struct}.${name}`;

export function outcome(prop: Prop, value: (stack: Stack) => unknown, marker?: RegExp, stack = testStack()): string {
  return rendering(prop, value, marker, stack).outcome;
}

export function rendering(
  { struct, name }: Prop, value: (stack: Stack) => unknown, marker?: RegExp, stack = testStack(),
): { readonly outcome: string; readonly template?: string } {
  let template: string;
  try {
    BUILD[struct](stack, { [name]: value(stack) });
    template = JSON.stringify(templateOf(stack));
  } catch (error) {
    const { name: kind, message } = error as Error;
    // If a validation at the end of synth fails, CDK adds a prefix to the error message.
    const isRejection = kind === 'VodValidationError' || message.startsWith('Validation failed');
    return { outcome: isRejection && message.includes(name) ? 'rejected' : `${kind}: ${message}` };
  }
  const broken = /[$#]\{Token\[[^"]*|-1\.888\d+e\+?\d+|\bNaN\b|\bundefined\b|\[object Object\]/.exec(template);
  return { outcome: broken ? `broken: ${broken[0]}` : marker && !marker.test(template) ? 'lost' : 'rendered', template };
}
