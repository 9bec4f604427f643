require('tsx/cjs');
const { mkdtempSync, rmSync } = require('fs');
const { tmpdir } = require('os');
const path = require('path');
const { ensure } = require('../local/system.ts');

/** Two workers that install a program at the same time would block each other, so missing programs are installed before the workers start. */
module.exports = () => {
  // The CDK leaves cloud assemblies in the temporary folder, so the tests use their own folder and delete it.
  process.env.TMPDIR = mkdtempSync(path.join(tmpdir(), 'vod-tests-'));
  process.once('exit', () => rmSync(process.env.TMPDIR, { recursive: true, force: true }));
  for (const program of ['ffmpeg', 'chromium']) {
    try {
      ensure(program);
    } catch (error) {
      console.error(error.message);
    }
  }
};
