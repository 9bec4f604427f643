import { authorizeToken } from './authorize-token.runtime';
import { readEnvironment } from '../../runtime/read-environment';

const { TOKEN_RULES } = readEnvironment('auth/authorize-token');

export const handler = authorizeToken(TOKEN_RULES, { fetch, now: () => new Date() });
