require('tsx/cjs');
const { mkdtempSync, rmSync } = require('fs');
const { tmpdir } = require('os');
const path = require('path');
const { ensure } = require('../local/system.ts');

/** Once, before any worker: two that install at the same time would lock each other out. Who needs what is still missing then fails by itself. */
module.exports = () => {
  // Temporary folders of tests, and of what they run, go with the run: the CDK alone leaves a cloud assembly for each app.
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
