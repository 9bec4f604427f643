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

/** Domain names of the user's own, and the certificate that covers them. */
export interface DomainOptions {
  readonly domainNames?: string[];
  readonly certificate?: acm.ICertificate;
}

/** The address of a service with these names: the first is the one that people use. */
export function addressOf([first]: readonly string[]): string {
  return `https://${first}`;
}

/** Checks the names once more when the app is complete: lazy ones are known then. */
export function checkDomains(scope: IConstruct, { domainNames, certificate }: DomainOptions): void {
  checkTokens(scope, { domainNames }, (known) => domainProblems(scope, { ...known, certificate }));
}

/** What is wrong with the names and their certificate. */
export function domainProblems(scope: IConstruct, { domainNames, certificate }: DomainOptions): (string | undefined)[] {
  return [
    // The address is needed at synth.
    ...listProblems('domainNames', domainNames, domainNameProblem, { tokens: false }),
    repetitionProblem('domainNames', domainNames, 'name'),
    isAbsent(domainNames) && !isAbsent(certificate) ? 'domainNames: expected the names that certificate is for, got none' : undefined,
    isAbsent(domainNames) && isAbsent(certificate) ? undefined : certificateProblem(scope, 'certificate', certificate, { prop: 'domainNames', list: domainNames }),
  ];
}

/**
 * Refuses names that another distribution of the app has, when the app is complete: CloudFront takes a name once, whatever the account. In another
 * Stage it is a warning, since stages may be deployed one instead of the other.
 */
export function checkNames(scope: IConstruct, { node: { defaultChild: own } }: cloudfront.Distribution, domainNames: readonly string[]): void {
  scope.node.addValidation({
    validate: () => {
      const taken = domainNames.flatMap((name, index) => distributionsBeside(scope)
        .filter(({ resource, names }) => resource !== own && names.some((each) => isSameName(each, finalText(scope, name))))
        .map(({ resource }) => ({
          isHere: Stage.of(resource) === Stage.of(scope),
          problem: `domainNames[${index}]: expected a name that no other distribution has, got ${show(name)}, which ${resource.node.scope?.node.path} has too`,
        })));
      for (const { problem } of taken.filter(({ isHere }) => !isHere)) {
        Annotations.of(scope).addWarningV2('serverless-vod:nameOfTwoStages', `${problem}, in another stage: CloudFront takes a name once, `
          + 'whatever the account, so give each stage a name of its own, or deploy one of them only');
      }
      return taken.filter(({ isHere }) => isHere).map(({ problem }) => `${problem}: CloudFront takes a name once, whatever the account; give each a name of its own`);
    },
  });
}
