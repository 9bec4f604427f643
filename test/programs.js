require('tsx/cjs');
const { ensure } = require('../local/system.ts');

/** Once, before any worker: two that install at the same time would lock each other out. Who needs what is still missing then fails by itself. */
module.exports = () => {
  for (const program of ['ffmpeg', 'chromium']) {
    try {
      ensure(program);
    } catch (error) {
      console.error(error.message);
    }
  }
};
