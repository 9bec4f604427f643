import { Lazy, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { finalValue, LATER } from './literal';
import { isAbsent } from './prop-checks';

/** Repeats a check at the end of synth, when lazy values are known. A value that is known only at deploy time remains a CDK token. */
export function checkTokens<T extends object>(scope: IConstruct, props: T, problemsOf: (props: T) => (string | undefined)[]): void {
  const tokens = Object.entries(props).filter(([, value]) => hasToken(value));
  if (tokens.length === 0) return;
  scope.node.addValidation({
    validate: () => problemsOf({ ...props, ...Object.fromEntries(tokens.map(([name, value]) => [name, known(scope, value)])) })
      .filter((problem) => problem !== undefined),
  });
}

function hasToken(value: unknown): boolean {
  return [value].flat().some((each) => Token.isUnresolved(each) || Token.isUnresolved([each]));
}

function known(scope: IConstruct, value: unknown): unknown {
  const final = finalValue(scope, value);
  if (!Array.isArray(final)) return isKnown(final) ? final : value;
  // If an item of a lazy list is known only at deploy time, the original CDK token of the item is not available. A new CDK token replaces it.
  return final.map((item: unknown) => (isKnown(item) ? item : Lazy.string({ produce: () => undefined })));
}

function isKnown(value: unknown): boolean {
  return isAbsent(value) || (typeof value === 'string' && !value.includes(LATER));
}
