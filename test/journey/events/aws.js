#!/usr/bin/env node
// Replaces the AWS CLI in docs/resend.sh.
const { readFileSync, writeFileSync } = require('fs');

const { AWS_ENDPOINT, TEMPLATE } = process.env;
const [service, operation, ...rest] = process.argv.slice(2);
const option = (name) => rest[rest.indexOf(name) + 1];

async function main() {
  if (`${service} ${operation}` === 'cloudformation list-stack-resources') {
    const [, type, prefix] = /ResourceType=='(.+)' && starts_with\(LogicalResourceId, '(.+)'\)/.exec(option('--query'));
    const { Resources } = JSON.parse(readFileSync(TEMPLATE, 'utf8'));
    // The CLI prints an empty line for a page without matches.
    console.log(`\n${Object.keys(Resources).filter((id) => id.startsWith(prefix) && Resources[id].Type === type).join('\t')}`);
  } else if (`${service} ${operation}` === 'lambda invoke') {
    const response = await fetch(AWS_ENDPOINT, { method: 'POST', headers: { 'x-local-invoke': option('--function-name') }, body: option('--payload') });
    writeFileSync(rest.at(-1), await response.text());
    if (!response.ok) throw new Error(`${response.status}`);
  } else {
    throw new Error(`unknown: ${service} ${operation}`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
