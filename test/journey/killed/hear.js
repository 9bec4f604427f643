const { appendFileSync } = require('fs');

/** Writes down each event that it gets, from a rule or from a queue. */
exports.handler = async (given) => {
  const events = given.Records ? given.Records.map(({ body }) => JSON.parse(body)) : [given];
  // A line that was written at a kill has an end all the same.
  appendFileSync(process.env.FILE, events.map((event) => `\n${JSON.stringify(event)}\n`).join(''));
};
