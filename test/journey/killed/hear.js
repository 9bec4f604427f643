const { appendFileSync } = require('fs');

exports.handler = async (given) => {
  const events = given.Records ? given.Records.map(({ body }) => JSON.parse(body)) : [given];
  // If a kill interrupted the write of the previous line, the leading newline ends that line.
  appendFileSync(process.env.FILE, events.map((event) => `\n${JSON.stringify(event)}\n`).join(''));
};
