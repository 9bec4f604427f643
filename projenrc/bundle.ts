import { rmSync } from 'fs';
import { globSync } from 'fs';
import * as path from 'path';
import { buildSync } from 'esbuild';
console.log(rmSync, globSync, path, buildSync);
