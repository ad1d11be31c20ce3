'use strict';

const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Begins with `e2e`, whose files take minutes and mostly wait for what was killed: begun last, they would run on alone when everything else is done. The rest goes in Jest's own order.
 */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const isEndToEnd = ({ context }) => context.config.displayName?.name === 'e2e';
    const sorted = super.sort(tests);
    return [...sorted.filter(isEndToEnd), ...sorted.filter((test) => !isEndToEnd(test))];
  }
};
