import { Annotations, Stage } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { IConstruct } from 'constructs';
import { certificateProblem, warnOfUnknownRegion } from '../synth/certificate';
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

/** The names are checked again at the end of synth, when the values of lazy names are known. */
export function checkDomains(scope: IConstruct, { domainNames, certificate }: DomainOptions): void {
  if (certificate) warnOfUnknownRegion(scope, 'certificate', certificate);
  checkTokens(scope, { domainNames }, (known) => domainProblems(scope, { ...known, certificate }));
}

export function domainProblems(scope: IConstruct, { domainNames, certificate }: DomainOptions): (string | undefined)[] {
  return [
    // The service URL must be known at synth.
    ...listProblems('domainNames', domainNames, domainNameProblem, { tokens: false, example: '[\'videos.example.com\']' }),
    repetitionProblem('domainNames', domainNames, 'name'),
    isAbsent(domainNames) && !isAbsent(certificate) ? 'domainNames: expected the domain names of the certificate, got none' : undefined,
    isAbsent(domainNames) && isAbsent(certificate) ? undefined : certificateProblem(scope, 'certificate', certificate, { prop: 'domainNames', list: domainNames }),
  ];
}

/**
 * At the end of synth, rejects domain names that another distribution of the app also has. If the other distribution is in a different Stage, adds a warning
 * instead of an error, because the app may deploy one Stage without the other.
 */
export function checkUniqueNames(scope: IConstruct, { node: { defaultChild: own } }: cloudfront.Distribution, domainNames: readonly string[]): void {
  scope.node.addValidation({
    validate: () => {
      const taken = domainNames.flatMap((name, index) => distributionsBeside(scope)
        .filter(({ resource, names }) => resource !== own && names.some((each) => isSameName(each, finalText(scope, name))))
        .map(({ resource }) => ({
          isHere: Stage.of(resource) === Stage.of(scope),
          problem: `domainNames[${index}]: expected a name that no other distribution has, got ${show(name)}, which is also a domain name of ${resource.node.scope?.node.path}`,
        })));
      for (const { problem } of taken.filter(({ isHere }) => !isHere)) {
        Annotations.of(scope).addWarningV2('serverless-vod:nameOfTwoStages', `${problem}, in another Stage. CloudFront accepts a domain name only once, `
          + 'across all accounts. Use different domain names in the two Stages, or deploy only one Stage');
      }
      return taken.filter(({ isHere }) => isHere).map(({ problem }) => `${problem}. CloudFront accepts a domain name only once, across all accounts. Use different domain names for the two distributions`);
    },
  });
}
