import { authorizeToken } from './authorize-token.runtime';
import type { TokenRules } from '../../contract/token-rules';
import { readEnvironment } from '../../runtime/read-environment';

const { TOKEN_RULES } = readEnvironment('auth/authorize-token');

export const handler = authorizeToken(JSON.parse(TOKEN_RULES) as TokenRules, { fetch, now: () => new Date() });
