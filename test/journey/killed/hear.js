const { appendFileSync } = require('fs');

/** Appends each event, from a rule or from a queue, to a file. */
exports.handler = async (given) => {
  const events = given.Records ? given.Records.map(({ body }) => JSON.parse(body)) : [given];
  // The leading newline ends a line that a kill interrupted.
  appendFileSync(process.env.FILE, events.map((event) => `\n${JSON.stringify(event)}\n`).join(''));
};
