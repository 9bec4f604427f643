import { awscdk } from 'projen';

const HANDLER_SIDE = ['src/runtime/**/*.ts', 'src/**/*.lambda.ts', 'src/**/*.runtime.ts'];
/** Pure rules, which constructs and handlers can import. */
const PURE = ['src/domain/**/*.ts', 'src/contract/**/*.ts', 'src/roles/decide.ts', 'src/transcode/{source,job}/**/*.ts'];
/** The areas that each area can import. No area imports auth, because the API authenticates callers and the roles authorize them. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  api: [], auth: ['api'], catalog: ['api'], delivery: ['api', 'catalog'],
  ingest: ['catalog', 'transcode', 'upload'], sweeper: ['catalog', 'ingest', 'transcode', 'upload'], transcode: ['api', 'catalog'], upload: ['api', 'catalog'],
};
const AREAS = Object.keys(BELOW);

const CDK = { regex: '^(aws-cdk-lib(/|$)|constructs$)', message: 'a handler must not import the CDK, because esbuild would bundle it' };
const SDK = { regex: '^(@aws-sdk/|@smithy/|aws-lambda$|aws-jwt-verify$|cookie$)', message: 'constructs must not import the SDK, because the user\'s CDK app does not always install it' };
const HANDLERS = { regex: '/runtime/|\\.(lambda|runtime)$', message: 'a construct must not import a handler; use the name of the handler (src/contract/environment.ts)' };
const CONSTRUCTS = { regex: '/synth/|/vod-[a-z]+$|/serverless-vod$|/index$', message: 'a handler must not import a construct, because esbuild would bundle the CDK' };

const INDEX = { regex: '^\\.{1,2}(/.*)?/index$', message: 'import the file that defines the name, not the index, because the index exports every area' };

/**
 * Matches every relative import whose target is neither a handler file nor a pure rule. The handlers of an area can import only handler files and pure rules.
 */
const NEIGHBOURS = { regex: '^\\.{1,2}/(?:\\.\\./)*(?!\\.)(?!(?:runtime|contract|domain|source|job)/)(?!roles/decide$)(?!.*\\.runtime$)', message: CONSTRUCTS.message };

const restrict = (...patterns: object[]) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

/** Requires a return type. Without a return type, TypeScript infers the type from the returned object, and accepts keys that are not in the schema. */
const UNNAMED_ANSWER = {
  selector: 'FunctionDeclaration[returnType.typeAnnotation.typeName.name="Operations"] Property > :matches(FunctionExpression, ArrowFunctionExpression)[async=true]:not([returnType])',
  message: 'add the return type Promise<AnswerOf<...>>, so that TypeScript rejects keys that are not in the schema',
};

/** Forbids `import(...)` in types and code, because the lint rules that restrict imports check only import declarations. */
const OTHER_IMPORTS = [
  { selector: 'TSImportType', message: 'use an import declaration, because the lint rules do not check import(...).T' },
  { selector: 'ImportExpression[source.value=/^(\\.|aws-cdk-lib|constructs)/]', message: 'use an import declaration, because the lint rules do not check import(...)' },
];

const ENVIRONMENT = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'use src/runtime/read-environment.ts, and add the variable to src/contract/environment.ts',
};

/** Adds lint rules for the direction of imports: domain <- contract <- runtime | synth <- areas. See AGENTS.md. */
export function lintDirections(project: awscdk.AwsCdkConstructLibrary): void {
  const eslint = project.eslint!;
  eslint.addRules({
    'import/no-cycle': ['error'],
    'import/no-restricted-paths': ['error', {
      zones: [
        { target: './src/domain', from: './src', except: ['./domain'], message: 'src/domain must not import other folders' },
        { target: './src/roles', from: './src', except: ['./roles', './synth', './contract', './domain'], message: 'src/roles can import only src/synth, src/contract and src/domain' },
        { target: './src/contract', from: './src', except: ['./contract', './domain'], message: 'src/contract can import only src/domain' },
        { target: './src/runtime', from: './src', except: ['./runtime', './contract', './domain', './roles/decide.ts'], message: 'src/runtime can import only src/contract, src/domain and src/roles/decide.ts' },
        { target: './src/transcode/source', from: './src', except: ['./transcode/source', './contract', './domain'], message: 'src/transcode/source can import only src/contract and src/domain' },
        { target: './src/transcode/job', from: './src', except: ['./transcode/job', './transcode/source', './contract', './domain'], message: 'src/transcode/job can import only src/contract, src/domain and src/transcode/source' },
        ...AREAS.flatMap((area) => AREAS.filter((other) => other !== area && !BELOW[area].includes(other)).map((other) => (
          { target: `./src/${area}`, from: `./src/${other}`, message: `src/${area} must not import src/${other}; ServerlessVod connects these areas` }))),
        { target: './src/synth', from: './src', except: ['./synth', './contract', './domain'], message: 'src/synth can import only src/contract and src/domain' },
        { target: './local', from: './src', message: 'local must not import src; the local stack uses only the template' },
        { target: './src', from: ['./build', './local', './test', './bench', './judges', './examples'], message: 'src must not import other folders of the repository' },
      ],
    }],
    'no-restricted-syntax': ['error', UNNAMED_ANSWER],
    '@typescript-eslint/member-ordering': ['off'],
    '@stylistic/object-property-newline': ['off'],
    '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  });
  eslint.addOverride({ files: ['src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', UNNAMED_ANSWER, ENVIRONMENT, ...OTHER_IMPORTS] } });
  eslint.addOverride({ files: ['src/runtime/read-environment.ts'], rules: { 'no-restricted-syntax': ['error', ...OTHER_IMPORTS] } });
  eslint.addOverride({ files: PURE, rules: { ...restrict(CDK, SDK, HANDLERS, CONSTRUCTS), 'import/no-nodejs-modules': ['error'] } });
  eslint.addOverride({ files: HANDLER_SIDE, rules: { ...restrict(CDK, CONSTRUCTS), 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] } });
  eslint.addOverride({ files: HANDLER_SIDE.slice(1), rules: restrict(CDK, NEIGHBOURS) });
  eslint.addOverride({ files: ['src/**/*.ts'], excludedFiles: [...HANDLER_SIDE, ...PURE], rules: restrict(SDK, HANDLERS, INDEX) });
  eslint.addOverride({ files: ['test/**/*.ts', 'local/**/*.ts', 'examples/**/*.ts', 'consumers/**/*.ts', 'bench/**/*.ts', 'judges/**/*.ts'], rules: { 'import/no-extraneous-dependencies': 'off', 'max-lines': 'off' } });
}
