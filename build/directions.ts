import { awscdk } from 'projen';

/** Runs in Lambda. */
const HANDLER_SIDE = ['src/runtime/**/*.ts', 'src/**/*.lambda.ts', 'src/**/*.runtime.ts'];
/** Pure rules, which both worlds may import: those of the whole service, and those of one area. */
const PURE = ['src/domain/**/*.ts', 'src/contract/**/*.ts', 'src/roles/decide.ts', 'src/transcode/{source,job}/**/*.ts'];
/** The areas that each area may import: those below it. Nobody imports sign-in: who calls reaches an area by the API, who may by the roles. */
const BELOW: Readonly<Record<string, readonly string[]>> = { api: [], auth: ['api'], catalog: ['api'], delivery: ['api', 'catalog'], sweeper: ['catalog', 'transcode'], transcode: ['catalog'], upload: ['api', 'catalog'] };
const AREAS = Object.keys(BELOW);

const CDK = { regex: '^(aws-cdk-lib(/|$)|constructs$)', message: 'a handler that imports the CDK carries it into its bundle' };
const SDK = { regex: '^(@aws-sdk/|@smithy/|aws-lambda$|aws-jwt-verify$|cookie$)', message: 'the SDK belongs to handlers; constructs run in the user\'s CDK app' };
const HANDLERS = { regex: '/runtime/|\\.(lambda|runtime)$', message: 'constructs know handlers by name only (src/contract)' };
const CONSTRUCTS = { regex: '/synth/|/vod-[a-z]+$|/serverless-vod$|/index$', message: 'a handler that imports a construct carries the CDK into its bundle' };

const INDEX = { regex: '^\\.{1,2}(/.*)?/index$', message: 'import the file itself: by the index an area could reach any other' };

/** In an area's folder a handler may import what is called a handler's, and pure rules. */
const NEIGHBOURS = { regex: '^\\.{1,2}/(?:\\.\\./)*(?!\\.)(?!(?:runtime|contract|domain|source|job)/)(?!roles/decide$)(?!.*\\.runtime$)', message: CONSTRUCTS.message };

const restrict = (...patterns: object[]) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

/** TypeScript accepts unknown keys in an object whose type it infers from a `return`. */
const UNNAMED_ANSWER = {
  selector: 'FunctionDeclaration[returnType.typeAnnotation.typeName.name="Operations"] Property > :matches(FunctionExpression, ArrowFunctionExpression)[async=true]:not([returnType])',
  message: 'annotate the operation with Promise<AnswerOf<...>>, or its answer may have keys that its schema lacks',
};

/** The rules above look at import declarations only. */
const OTHER_IMPORTS = [
  { selector: 'TSImportType', message: 'import the type by a declaration: the rules of direction don\'t look into import(...).T' },
  { selector: 'ImportExpression[source.value=/^(\\.|aws-cdk-lib|constructs)/]', message: 'import it by a declaration: the rules of direction don\'t look into import(...)' },
];

const ENVIRONMENT = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'read variables by src/runtime/read-environment.ts: src/contract/environment.ts lists them all',
};

/** Four worlds, one direction: domain <- contract <- runtime | synth <- areas. See AGENTS.md. */
export function lintDirections(project: awscdk.AwsCdkConstructLibrary): void {
  const eslint = project.eslint!;
  eslint.addRules({
    'import/no-cycle': ['error'],
    'import/no-restricted-paths': ['error', {
      zones: [
        { target: './src/domain', from: './src', except: ['./domain'], message: 'domain imports nothing' },
        { target: './src/roles', from: './src', except: ['./roles', './synth', './contract', './domain'], message: 'roles import synth, contract and domain' },
        { target: './src/contract', from: './src', except: ['./contract', './domain'], message: 'contract imports domain only' },
        { target: './src/runtime', from: './src', except: ['./runtime', './contract', './domain', './roles/decide.ts'], message: 'runtime imports contract, domain and roles' },
        { target: './src/transcode/source', from: './src', except: ['./transcode/source', './contract', './domain'], message: 'a source is judged without AWS: contract and domain only' },
        { target: './src/transcode/job', from: './src', except: ['./transcode/job', './transcode/source', './contract', './domain'], message: 'a job is planned without AWS: contract, domain and source only' },
        ...AREAS.flatMap((area) => AREAS.filter((other) => other !== area && !BELOW[area].includes(other)).map((other) => (
          { target: `./src/${area}`, from: `./src/${other}`, message: `${area} may import ${BELOW[area].join(' and ') || 'no other area'}; the L3 connects the others` }))),
        { target: './src/synth', from: './src', except: ['./synth', './contract', './domain'], message: 'synth imports contract and domain' },
        { target: './local', from: './src', message: 'local/ knows the template and nothing of src' },
        { target: './src', from: ['./build', './local', './test', './bench', './judges', './examples'], message: 'src stands alone' },
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
  eslint.addOverride({ files: ['test/**/*.ts', 'local/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'judges/**/*.ts'], rules: { 'import/no-extraneous-dependencies': 'off', 'max-lines': 'off' } });
}
