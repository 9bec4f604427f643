const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * The files that take 15 s and more, in the order in which they start: the longest first, and those that wait beside those that compute. A fresh clone has
 * no timings of its own, and a long file that starts last leaves a core idle.
 */
const FIRST = [
  'journey/sessions-rotation', 'templates/judges', 'synth/odd-props', 'journey/sessions', 'templates/structure', 'templates/token-props', 'journey/oidc',
  'runtime/video-lists-edits', 'journey/lifecycle', 'package', 'journey/browser', 'jsii-assembly', 'journey/page-script', 'journey/killed',
  'journey/other-site', 'journey/permissions', 'journey/roles', 'made-up-area/made-up-area', 'journey/domain', 'journey/large-upload', 'journey/secrets',
  'journey/events', 'journey/sign-in', 'journey/rendered', 'local/stack/stack', 'local/services/queues',
];

/** Starts the longest files first. The others follow in jest's own order, by what they took last time or by size. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const placeOf = ({ path }) => {
      const place = FIRST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? FIRST.length : place;
    };
    return [...super.sort(tests)].sort((a, b) => placeOf(a) - placeOf(b));
  }
};
