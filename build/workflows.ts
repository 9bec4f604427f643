import { chmodSync, readFileSync, writeFileSync } from 'fs';
import { type awscdk, Component, github, javascript, release } from 'projen';

/** The commit and the version of each action. Workflows use the commit, because a tag can be moved to another commit. */
const ACTIONS: Readonly<Record<string, readonly [commit: string, version: string]>> = {
  'actions/checkout': ['3d3c42e5aac5ba805825da76410c181273ba90b1', 'v7.0.1'],
  'actions/download-artifact': ['3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', 'v8.0.1'],
  'actions/setup-dotnet': ['a98b56852c35b8e3190ac28c8c2271da59106c68', 'v6.0.0'],
  'actions/setup-go': ['b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', 'v7.0.0'],
  'actions/setup-java': ['dd06d9cba3e5552c54d9f8ea23572deb30010f7c', 'v6.0.0'],
  'actions/setup-node': ['820762786026740c76f36085b0efc47a31fe5020', 'v7.0.0'],
  'actions/setup-python': ['5fda3b95a4ea91299a34e894583c3862153e4b97', 'v7.0.0'],
  'actions/upload-artifact': ['043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', 'v7.0.1'],
  'amannn/action-semantic-pull-request': ['48f256284bd46cdaab1048c3721360e808335d50', 'v6.1.1'],
  'peter-evans/create-pull-request': ['5f6978faf089d4d20b00c7766989d076bb2fc7f1', 'v8.1.1'],
};

const NODE = { version: '24.x' };
const READ_CONTENTS = { contents: github.workflows.JobPermission.READ };
const COMMIT_TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];

const systemPackage = (name: string): github.workflows.JobStep => ({
  name: `Install ${name}`, run: `sudo apt-get update && sudo apt-get install --yes --no-install-recommends ${name}`,
});

/** Options of the project for GitHub's workflows and for releases. CONTRIBUTING.md lists the accounts and secrets that the workflows need. */
export const WORKFLOWS = {
  github: true,
  githubOptions: { mergify: false, pullRequestLintOptions: { semanticTitleOptions: { types: COMMIT_TYPES } } },
  pullRequestTemplate: false,
  workflowNodeVersion: NODE.version,
  buildWorkflowOptions: {
    workflowTriggers: { pullRequest: {}, push: { branches: ['main'] }, workflowDispatch: {} },
    mutableBuild: false,
    permissions: READ_CONTENTS,
    preBuildSteps: [systemPackage('ffmpeg')],
  },
  depsUpgradeOptions: { cooldown: 7, workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },
  release: true,
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  releaseWorkflowSetupSteps: [systemPackage('ffmpeg')],
  releaseEnvironment: 'release',
  // The version of publib, the program that uploads the packages to the registries.
  jsiiReleaseVersion: '0.2.1061',
  // With major version 0, a breaking change increments the minor version.
  majorVersion: 0,
  // Without this command, the first version would be 0.0.0, the version in git.
  nextVersionCommand: 'node -p "process.env.VERSION === \'0.0.0\' ? \'0.1.0\' : \'\'"',
  npmTrustedPublishing: true,
} satisfies Partial<awscdk.AwsCdkConstructLibraryOptions>;

/** Libraries of build/sbom.ts. */
export const RELEASE_LIBRARIES = ['@cyclonedx/cyclonedx-library', 'packageurl-js'];

/** How the release workflow publishes the packages of languages other than JavaScript. */
export const PYPI = { trustedPublishing: true };
export const NUGET = { trustedPublishing: true };
export const MAVEN = { mavenServerId: 'central-ossrh' };
export const GO = { githubUseSsh: true };

/** projen cannot write comments into a workflow. This component appends a comment with the version to each pinned action. */
class VersionComments extends Component {
  public synthesize(): void {
    for (const workflow of github.GitHub.of(this.project)!.workflows) {
      const file = workflow.file!.absolutePath;
      const text = readFileSync(file, 'utf8').replace(/uses: (\S+)@(\S+)$/gm, (line, action: string) => ACTIONS[action] ? `${line} # ${ACTIONS[action][1]}` : line);
      chmodSync(file, 0o644);
      writeFileSync(file, text);
      chmodSync(file, 0o444);
    }
  }
}

/** Pins the actions, adds the jobs `consumers` and `judges`, adds the SBOM to releases, and restricts permissions. */
export function addWorkflows(project: awscdk.AwsCdkConstructLibrary): void {
  for (const [action, [commit]] of Object.entries(ACTIONS)) project.github!.actions.set(action, `${action}@${commit}`);
  new VersionComments(project);

  const job = (tools: github.workflows.Tools, ...steps: github.workflows.JobStep[]): github.workflows.Job => ({
    runsOn: ['ubuntu-latest'],
    permissions: READ_CONTENTS,
    env: { CI: 'true' },
    tools: { node: NODE, ...tools },
    steps: [
      { name: 'Checkout', uses: github.ActionRefs.ACTIONS_CHECKOUT, with: { 'persist-credentials': false } },
      { name: 'Install dependencies', run: 'npm ci' },
      ...steps,
    ],
  });
  const go = { version: 'stable' };
  const python = { version: '3.x' };
  project.buildWorkflow!.addPostBuildSteps({ name: 'try-package', run: 'npm run try-package' });
  project.buildWorkflow!.workflow.addJobs({
    consumers: job(
      { java: { version: '17' }, python, go },
      systemPackage('mono-mcs'), { name: 'build', run: 'npm run build' }, { name: 'consumers', run: 'npm run consumers' },
    ),
    judges: job({ python, go }, systemPackage('ffmpeg'), { name: 'judges', run: 'npm run judges' }),
  });
  // projen upgrades only the dependencies of the root package.
  project.upgradeWorkflow!.postUpgradeTask.exec('npm update --workspace local');
  project.packageTask.spawn(project.addTask('sbom', { description: 'List the packages whose code is in the handlers (CycloneDX)', exec: 'tsx build/sbom.ts' }));
  project.release!.publisher.addGitHubPostPublishingSteps({
    name: 'Attach the SBOM',
    if: '${{ !inputs.dry_run }}',
    run: 'gh release upload "$(cat dist/releasetag.txt)" dist/sbom.cdx.json --clobber --repo "$GITHUB_REPOSITORY"',
    env: { GITHUB_TOKEN: '${{ secrets.GITHUB_TOKEN }}' },
  });
  const restrict = (workflow: string, permission: string): void => (
    project.tryFindObjectFile(`.github/workflows/${workflow}.yml`)!.addOverride(permission, 'read'));
  // The job `release` only builds the packages, so it needs no write permission. The last job, `release_github`, creates the tag.
  restrict('release', 'jobs.release.permissions.contents');
  restrict('pull-request-lint', 'jobs.validate.permissions.pull-requests');
}
