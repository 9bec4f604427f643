import { Annotations, Stage } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { certificateProblem } from '../synth/certificate';
import { checkTokens } from '../synth/check-tokens';
import { distributionsBeside, isSameName } from '../synth/distribution-names';
import { domainNameProblem } from '../synth/domain-name';
import { finalText } from '../synth/literal';
import { isAbsent, listProblems, repetitionProblem, show } from '../synth/prop-checks';

export interface DomainOptions {
  readonly domainNames?: string[];
  readonly certificate?: acm.ICertificate;
}

export function serviceUrl([first]: readonly string[]): string {
  return `https://${first}`;
}

/** Checks the names again when the app is complete: the values of lazy names are known then. */
export function checkDomains(scope: IConstruct, { domainNames, certificate }: DomainOptions): void {
  checkTokens(scope, { domainNames }, (known) => domainProblems(scope, { ...known, certificate }));
}

export function domainProblems(scope: IConstruct, { domainNames, certificate }: DomainOptions): (string | undefined)[] {
  return [
    // Tokens are rejected, since the service URL is needed at synth.
    ...listProblems('domainNames', domainNames, domainNameProblem, { tokens: false }),
    repetitionProblem('domainNames', domainNames, 'name'),
    isAbsent(domainNames) && !isAbsent(certificate) ? 'domainNames: expected the domain names of the certificate, got none' : undefined,
    isAbsent(domainNames) && isAbsent(certificate) ? undefined : certificateProblem(scope, 'certificate', certificate, { prop: 'domainNames', list: domainNames }),
  ];
}

/**
 * Rejects names that another distribution of the app has, when the app is complete. CloudFront accepts a name only once, across all accounts. If the other
 * distribution is in another Stage, this is only a warning, since an app can deploy one stage instead of the other.
 */
export function checkUniqueNames(scope: IConstruct, { node: { defaultChild: own } }: cloudfront.Distribution, domainNames: readonly string[]): void {
  scope.node.addValidation({
    validate: () => {
      const taken = domainNames.flatMap((name, index) => distributionsBeside(scope)
        .filter(({ resource, names }) => resource !== own && names.some((each) => isSameName(each, finalText(scope, name))))
        .map(({ resource }) => ({
          isHere: Stage.of(resource) === Stage.of(scope),
          problem: `domainNames[${index}]: expected a name that no other distribution has, got ${show(name)}, which ${resource.node.scope?.node.path} also has`,
        })));
      for (const { problem } of taken.filter(({ isHere }) => !isHere)) {
        Annotations.of(scope).addWarningV2('serverless-vod:nameOfTwoStages', `${problem}, in another stage. CloudFront accepts a name only once, `
          + 'across all accounts. Give each stage a different name, or deploy only one of the stages');
      }
      return taken.filter(({ isHere }) => isHere).map(({ problem }) => `${problem}. CloudFront accepts a name only once, across all accounts. Give each distribution a different name`);
    },
  });
}
