import { rmSync } from 'fs';
import * as path from 'path';
import { bundleHandlers } from './handlers';

rmSync(path.join(__dirname, '..', 'assets'), { recursive: true, force: true });
void bundleHandlers({ write: true });
