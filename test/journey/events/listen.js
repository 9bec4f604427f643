/** Writes each event into the log, on a line of its own. */
exports.handler = async (event) => console.log(JSON.stringify(event));
