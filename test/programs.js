require('tsx/cjs');
const { mkdtempSync, rmSync } = require('fs');
const { tmpdir } = require('os');
const path = require('path');
const { ensure } = require('../local/system.ts');

/** Installs missing programs before the workers start, because two concurrent installations would block each other. A test whose program is missing fails. */
module.exports = () => {
  // All temporary folders are deleted at the end. CDK, for example, leaves a cloud assembly per app.
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
