import { createHash } from 'crypto';
import { DefaultTokenResolver, type IPostProcessor, type IResolvable, type IResolveContext, Reference, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The prefix of all placeholders. A placeholder must be valid in a host name and in an id, so the prefix contains only letters. No registered domain name
 * contains the prefix.
 */
export const LATER = 'knownwhendeployed';

/** Replaces each CDK token in a string by a placeholder. Equal CDK tokens have equal placeholders. */
export function literalOf(text: string): string {
  if (!Token.isUnresolved(text)) return text;
  const named = Tokenization.reverseString(text).mapTokens({ mapToken: (token) => nameOf(Token.asString(token)) });
  return String(named.join({ join: (left, right) => `${left}${right}` }));
}

/**
 * Returns the string that the template will contain, with equal placeholders for equal references. Call this function at the end of synth, when lazy values and
 * values from aspects are known.
 */
export function finalText(scope: IConstruct, value: unknown): string {
  return asText(finalValue(scope, value));
}

/** The result is empty for a list that is known only at deploy time. */
export function finalTexts(scope: IConstruct, list: unknown): string[] {
  const items = finalValue(scope, list);
  return Array.isArray(items) ? items.map(asText) : [];
}

export function finalValue(scope: IConstruct, value: unknown): unknown {
  return Tokenization.resolve(value, { scope, resolver: new NamingResolver(), preparing: false });
}

/**
 * Placeholders are derived from construct paths, because resources of two stacks can have the same logical id. CDK's default resolver renders a reference to
 * another stack as an import, so one resource could get two placeholders.
 */
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
