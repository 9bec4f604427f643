import { createHash } from 'crypto';
import { DefaultTokenResolver, type IPostProcessor, type IResolvable, type IResolveContext, Reference, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Begins the name that stands for a token in a text: letters and digits, as hosts and ids may have them, and in no name that people register. */
export const LATER = 'knownwhendeployed';

/** What synth knows of a text: it has a name in the place of each token, the same for the same token. */
export function literalOf(text: string): string {
  if (!Token.isUnresolved(text)) return text;
  const named = Tokenization.reverseString(text).mapTokens({ mapToken: (token) => nameOf(Token.asString(token)) });
  return String(named.join({ join: (left, right) => `${left}${right}` }));
}

/**
 * The text that the template will have, with a name in the place of each reference and function: the same name for the same one. Call it at the end of
 * synthesis, when lazy values and those that aspects set are known.
 */
export function finalText(scope: IConstruct, value: unknown): string {
  return asText(finalValue(scope, value));
}

/** The same of each item of a list. Empty for a list that only the deployment knows. */
export function finalTexts(scope: IConstruct, list: unknown): string[] {
  const items = finalValue(scope, list);
  return Array.isArray(items) ? items.map(asText) : [];
}

/** A value as the template will have it, with a name in the place of each reference. */
export function finalValue(scope: IConstruct, value: unknown): unknown {
  return Tokenization.resolve(value, { scope, resolver: new NamingResolver(), preparing: false });
}

/** Names references by what they refer to: logical ids are the same in two stacks, and an export has another form than its resource. */
class NamingResolver extends DefaultTokenResolver {
  constructor() {
    super({ join: (left: unknown, right: unknown) => `${asText(left)}${asText(right)}` });
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return Reference.isReference(token) ? nameOf(`${token.target.node.path} ${token.displayName}`) : super.resolveToken(token, context, postProcessor);
  }
}

function asText(value: unknown): string {
  if (typeof value === 'string' || value === undefined) return value ?? '';
  const [separator, parts] = (value as { readonly 'Fn::Join'?: [string, unknown] })['Fn::Join'] ?? [];
  return Array.isArray(parts) ? parts.map(asText).join(separator) : nameOf(JSON.stringify(value));
}

function nameOf(token: string): string {
  return `${LATER}${createHash('sha256').update(token).digest('hex').slice(0, 16)}`;
}
