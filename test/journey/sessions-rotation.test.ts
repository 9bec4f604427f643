import * as path from 'path';
import { testSessions } from './sessions';

describe('a session of two tabs with refresh tokens that rotate', () => testSessions({ app: path.join(__dirname, 'rotation.fixture.ts'), rotates: true }));
