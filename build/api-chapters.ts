/** A chapter of API.md. */
export interface Chapter {
  readonly title: string;
  readonly text: string;
  /** Names of public types, in the order in which the chapter describes them. */
  readonly types: readonly string[];
}

export const INTRODUCTION = [
  '# API reference\n',
  '<!-- Written by build/api-reference.ts from the docstrings in src. Do not edit. -->\n',
  'The constructs, structs, enums and interfaces that `serverless-vod` exports. [README](https://github.com/serverless-vod/serverless-vod#readme) shows complete examples.\n',
  '- A struct is an object with properties, such as `{ sessionDuration: Duration.hours(2) }`. A property with `?` is optional.',
  '- If a property of a class is marked with `?`, its value can be `undefined` (`None` in Python).',
  '- All names are TypeScript names. In Python, members are in snake case (`domain_names`), and the properties of `props` and `options` are keyword arguments.',
  '- When a construct is created, it checks its props. If props are invalid, the construct throws one error. The error lists every problem, and names the property of each problem.',
  '- This page omits the members that constructs inherit from `Construct`: `node`, `toString`, `with` and `isConstruct`.',
  '- The name of each CDK type is a link to its page in the reference of the CDK.',
  '- The whole API is experimental: a minor version can change it.',
].join('\n');

/** The chapters of API.md. The build fails if a public type is in no chapter. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'The service',
    text: 'The construct that most apps need. `ServerlessVod` creates one construct for each area of the service, such as sign-in and upload, and connects these constructs.',
    types: ['ServerlessVod', 'ServerlessVodProps'],
  },
  {
    title: 'Sign-in',
    text: 'The area `vod.auth`. The props `identity` and `roles` of `ServerlessVodProps` configure sign-in.',
    types: ['VodAuth', 'VodAuthProps', 'Identity', 'UserPoolIdentityOptions', 'PublicClientOptions', 'OidcIdentityOptions', 'OidcToken'],
  },
  {
    title: 'Upload',
    text: 'The area `vod.upload`. The prop `upload` of `ServerlessVodProps` configures uploads.',
    types: ['VodUpload', 'VodUploadOptions', 'VodUploadProps', 'UploadFileOptions', 'UploadExpiryOptions', 'UploadQuotas', 'SourceLifecycle', 'VideoVisibility'],
  },
  {
    title: 'Ingest',
    text: 'The area `vod.ingest`. With the prop `ingest` of `ServerlessVodProps`, objects that a pipeline puts into S3 become videos. docs/ingest.md describes the metadata and the tags of objects.',
    types: ['VodIngest', 'VodIngestOptions', 'VodIngestProps', 'IngestBucket'],
  },
  {
    title: 'Transcode',
    text: 'The area `vod.transcode`. The props `ladder` and `transcode` of `ServerlessVodProps` configure transcoding.',
    types: ['VodTranscode', 'VodTranscodeOptions', 'VodTranscodeProps', 'TranscodeRung'],
  },
  {
    title: 'Catalog',
    text: 'The area `vod.catalog`. The prop `catalog` of `ServerlessVodProps` configures the catalog. docs/events.md describes the events.',
    types: ['VodCatalog', 'VodCatalogOptions', 'VodCatalogProps'],
  },
  {
    title: 'Delivery',
    text: 'The area `vod.delivery`. The prop `delivery` of `ServerlessVodProps` and all props in the group "URL and web app" configure delivery.',
    types: ['VodDelivery', 'VodDeliveryOptions', 'VodDeliveryProps', 'SigningKeyType'],
  },
  {
    title: 'Sweeper',
    text: 'The area `vod.sweeper`. The prop `sweeper` of `ServerlessVodProps` configures the sweeper.',
    types: ['VodSweeper', 'VodSweeperOptions', 'VodSweeperProps'],
  },
  {
    title: 'API',
    text: 'The area `vod.api`. The prop `api` of `ServerlessVodProps` configures the API. openapi.json describes the routes, and docs/errors.md describes the errors.',
    types: ['VodApi', 'VodApiOptions', 'VodApiProps'],
  },
  {
    title: 'Shared types',
    text: 'Types that several areas use.',
    types: ['VodRoles', 'Access', 'VodFunctionOptions'],
  },
  {
    title: 'Areas without ServerlessVod',
    text: 'An app can create each area without `ServerlessVod`. If a prop accepts an area, its type is one of the interfaces in this chapter. For example, `VodUploadProps.catalog` accepts a `VodCatalog` or an imported catalog of another stack.',
    types: ['IVodCatalog', 'VodCatalogAttributes', 'IVodUpload', 'IVodIngest', 'IVodTranscode', 'IVodApi'],
  },
];

/** Properties of large structs, by group. The build fails if a property of a listed struct is in no group. */
export const PROPERTY_GROUPS: Record<string, Record<string, readonly string[]>> = {
  ServerlessVodProps: {
    'Identity and roles': ['identity', 'roles'],
    'URL and web app': ['domainNames', 'certificate', 'defaultBehavior', 'defaultRootObject', 'additionalBehaviors', 'appOrigins'],
    'Video': ['ladder'],
    'Data': ['removalPolicy', 'deletionProtection'],
    'Functions': ['functions'],
    'Options of each area': ['catalog', 'upload', 'ingest', 'transcode', 'delivery', 'api', 'sweeper'],
  },
};

/** Descriptions of the constructor parameters, which have no docs in the source. */
export const PARAMETERS: Record<string, string> = {
  scope: 'The parent construct: a stack, or a construct in a stack.',
  id: 'The name of this construct, unique in `scope`. CloudFormation\'s logical ids contain the name, so a changed name replaces the resources.',
  props: 'The properties of this construct.',
};
