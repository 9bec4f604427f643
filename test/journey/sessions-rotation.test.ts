import * as path from 'path';
import { testSessions } from './sessions';

describe('a session of two tabs with rotating refresh tokens', () => testSessions({ app: path.join(__dirname, 'rotation.fixture.ts'), rotates: true }));
