import { Token, Tokenization } from 'aws-cdk-lib';

/** A text with another one in the place of each token: what synth knows of it. */
export function literalOf(text: string, replacement: string): string {
  if (!Token.isUnresolved(text)) return text;
  return String(Tokenization.reverseString(text).mapTokens({ mapToken: () => replacement }).join({ join: (left, right) => `${left}${right}` }));
}
