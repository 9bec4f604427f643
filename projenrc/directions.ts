import { awscdk } from 'projen';

const HANDLER_SIDE = ['src/runtime/**/*.ts', 'src/**/*.lambda.ts', 'src/**/*.lambda-shared.ts'];

const CDK = { regex: '^(aws-cdk-lib(/|$)|constructs$)', message: 'a handler that imports the CDK carries it into its bundle' };
const SDK = { regex: '^(@aws-sdk/|@smithy/|aws-lambda$|aws-jwt-verify$)', message: 'the SDK belongs to handlers; constructs run in the user\'s CDK app' };
const HANDLERS = { regex: '/runtime/|\\.lambda(-shared)?$', message: 'constructs know handlers by name only (src/contract)' };
const CONSTRUCTS = { regex: '/synth/|/vod-[a-z]+$|/serverless-vod$|/index$', message: 'a handler that imports a construct carries the CDK into its bundle' };

/** In an area's folder a handler may import what is called a handler's, and nothing else. */
const NEIGHBOURS = { regex: '^\\.{1,2}/(?!(?:runtime|contract|domain)/)(?!.*\\.lambda-shared$)', message: CONSTRUCTS.message };

const restrict = (...patterns: object[]) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

/** Four worlds, one direction: domain <- contract <- runtime | synth <- areas. See AGENTS.md. */
export function lintDirections(project: awscdk.AwsCdkConstructLibrary): void {
  const eslint = project.eslint!;
  eslint.addRules({
    'import/no-cycle': ['error'],
    'import/no-restricted-paths': ['error', {
      zones: [
        { target: './src/domain', from: './src', except: ['./domain'], message: 'domain imports nothing' },
        { target: './src/contract', from: './src', except: ['./contract', './domain'], message: 'contract imports domain only' },
        { target: './src/runtime', from: './src', except: ['./runtime', './contract', './domain'], message: 'runtime imports contract and domain' },
        { target: './src/synth', from: './src', except: ['./synth', './contract', './domain'], message: 'synth imports contract and domain' },
        { target: './local', from: './src', message: 'local/ knows the template and nothing of src' },
        { target: './src', from: ['./local', './test', './bench', './judges', './examples'], message: 'src stands alone' },
      ],
    }],
    '@typescript-eslint/member-ordering': ['off'],
    '@stylistic/object-property-newline': ['off'],
    '@stylistic/max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  });
  eslint.addOverride({ files: ['src/domain/**/*.ts', 'src/contract/**/*.ts'], rules: restrict(CDK, SDK, HANDLERS, CONSTRUCTS) });
  eslint.addOverride({ files: HANDLER_SIDE, rules: { ...restrict(CDK, CONSTRUCTS), 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] } });
  eslint.addOverride({ files: HANDLER_SIDE.slice(1), rules: restrict(CDK, NEIGHBOURS) });
  eslint.addOverride({ files: ['src/**/*.ts'], excludedFiles: [...HANDLER_SIDE, 'src/domain/**', 'src/contract/**'], rules: restrict(SDK, HANDLERS) });
  eslint.addOverride({ files: ['test/**/*.ts', 'local/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'judges/**/*.ts'], rules: { 'import/no-extraneous-dependencies': 'off', 'max-lines': 'off' } });
}
