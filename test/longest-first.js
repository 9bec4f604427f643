const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Test files that take at least 15 seconds, in the order of their start. If the longest file started last, one core would be idle. The order alternates between
 * files that mostly wait and files that mostly use the CPU. The list is fixed, because a fresh clone has no timings.
 */
const FIRST = [
  'journey/sessions-rotation', 'templates/judges', 'synth/odd-props', 'journey/sessions', 'templates/structure', 'templates/token-props', 'journey/oidc',
  'runtime/rows/video-lists-edits', 'journey/lifecycle', 'package', 'journey/browser/page', 'journey/browser/uploads', 'journey/browser/survival',
  'journey/browser/appearance', 'journey/browser/messages',
  'jsii-assembly', 'journey/page-script', 'journey/killed',
  'journey/other-site', 'journey/permissions', 'journey/roles', 'made-up-area/made-up-area', 'journey/domain', 'journey/large-upload', 'journey/secrets',
  'journey/events', 'journey/upload-client', 'journey/sign-in', 'journey/rendered', 'local/stack/stack', 'local/services/queues', 'upload/histories',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const placeOf = ({ path }) => {
      const place = FIRST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? FIRST.length : place;
    };
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
};
