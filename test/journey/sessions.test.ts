import { testSessions } from './sessions';

describe('a session of two tabs with one refresh token', () => testSessions({ rotates: false }));
