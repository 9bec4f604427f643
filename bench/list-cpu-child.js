// Measures the CPU time of a handler's responses in a new process. Prints the time of the first response, and the median of the later responses, in ms.
// Arguments: the handler's file, the event as JSON, and the number of later responses.
const start = process.cpuUsage();
const cpuMs = (since) => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};
const [, , file, event, count] = process.argv;
const { handler } = require(file);

async function main() {
  const { statusCode, body } = await handler(JSON.parse(event));
  const first = cpuMs(start);
  const { items } = JSON.parse(body);
  const later = [];
  for (let call = 0; call < Number(count); call++) {
    const before = process.cpuUsage();
    await handler(JSON.parse(event));
    later.push(cpuMs(before));
  }
  later.sort((a, b) => a - b);
  const posters = items.filter(({ poster }) => poster?.includes('&Signature=')).length;
  process.stdout.write(JSON.stringify({ statusCode, items: items.length, posters, first, later: later[Math.floor(later.length / 2)] }), () => process.exit());
}

void main();
