export interface Price {
  readonly unit: string;
  readonly source: string;
  /** Free units per month. */
  readonly free?: number;
  /** A tier's price applies until the month's units reach `upTo`. Free units count toward `upTo`. */
  readonly tiers: readonly (readonly [dollars: number, upTo: number])[];
}

const flat = (dollars: number): Price['tiers'] => [[dollars, Infinity]];
/** GB per TB on AWS's bills. */
const TB = 1024;

export const PRICES = {
  'transcode': {
    unit: 'normalized minute', tiers: [[0.0075, 100_000], [0.0053, 1_000_000]],
    source: 'MediaConvert Basic tier, according to third parties that quote "AWS Elemental MediaConvert pricing", 29 November 2026',
  },
  'delivery': {
    unit: 'GB', free: TB, tiers: [[0.085, 10 * TB], [0.08, 50 * TB], [0.06, 150 * TB], [0.04, 500 * TB]],
    source: '"Amazon CloudFront pricing", aws.amazon.com/cloudfront/pricing, North America and Europe, read 30 November 2026',
  },
  'CloudFront requests': {
    unit: 'request', free: 10_000_000, tiers: flat(1e-6),
    source: 'kindatechnical.com, "CloudFront Pricing": $0.0100 per 10,000 HTTPS requests, read 30 November 2026',
  },
  'storage': { unit: 'GB-month', tiers: flat(0.023), source: 'devnotes.tech, "Understanding AWS S3 Pricing": S3 Standard, read 30 November 2026' },
  // S3 bills LIST and POST requests at the price of PUT requests.
  'S3 PUTs': { unit: 'request', tiers: flat(5e-6), source: 'devnotes.tech, "Understanding AWS S3 Pricing": $0.005 per 1,000 PUTs, read 30 November 2026' },
  'S3 GETs': { unit: 'request', tiers: flat(0.4e-6), source: 'devnotes.tech, "Understanding AWS S3 Pricing": $0.0004 per 1,000 GETs, read 30 November 2026' },
  'REST API requests': { unit: 'request', tiers: flat(3.5e-6), source: 'go-cloud.io/aws-api-gateway-pricing, 2026' },
  'Lambda calls': { unit: 'call', tiers: flat(0.2e-6), source: 'cloudchipr.com/blog/aws-lambda-pricing, 2024' },
  'Lambda GB-seconds': { unit: 'GB-second', tiers: flat(13.3334e-6), source: 'cloudchipr.com/blog/aws-lambda-pricing, 2024, arm64' },
  'DynamoDB read units': { unit: 'read unit', tiers: flat(0.125e-6), source: 'airbyte.com/data-engineering-resources/dynamodb-pricing, November 2026' },
  'DynamoDB write units': { unit: 'write unit', tiers: flat(0.625e-6), source: 'docs/decisions/022 (AWS, November 2024)' },
  'DynamoDB stream records': { unit: 'record', tiers: flat(0), source: 'free for Lambda triggers (AWS documentation)' },
  'users': { unit: 'monthly active user', free: 10_000, tiers: flat(0.0055), source: 'Cognito Lite plan, according to a third party, 20 September 2026' },
  'secrets': { unit: 'secret and month', tiers: flat(0.4), source: 'hivebook.wiki, "AWS Secrets Manager", read 30 November 2026' },
  'Secrets Manager requests': { unit: 'request', tiers: flat(5e-6), source: 'not verified: $0.05 for 10,000 requests' },
  'SQS requests': { unit: 'request', free: 1_000_000, tiers: flat(0.4e-6), source: 'cloudburn.io/blog/amazon-sqs-pricing, March 2026' },
  'logs': { unit: 'GB', tiers: flat(0.5), source: 'c3x.dev, "CloudWatch Logs cost optimization", June 2026' },
  'events on the custom bus': { unit: 'event', tiers: flat(1e-6), source: 'cloudburn.io/blog/amazon-eventbridge-pricing, March 2026' },
  'events of S3': {
    unit: 'event', tiers: flat(1e-6),
    source: 'assumed to be the price of custom events, although factualminds.com (June 2026) says that events of S3 are free',
  },
  'events of MediaConvert': { unit: 'event', tiers: flat(0), source: 'wring.co/blog/aws-eventbridge-pricing-guide: events of AWS services are free' },
  'STS requests': { unit: 'request', tiers: flat(0), source: '"AWS Identity and Access Management" (AWS documentation): IAM and STS have no additional charge' },
  'MediaConvert requests': { unit: 'request', tiers: flat(0), source: 'requests other than Probe are free; the price of Probe is unknown' },
} as const satisfies Record<string, Price>;

export type Priced = keyof typeof PRICES;

export const unitPrice = (name: Priced): number => PRICES[name].tiers[0][0];

export function dollarsFor(name: Priced, units: number): number {
  const { free = 0, tiers }: Price = PRICES[name];
  let [from, dollars] = [free, 0];
  for (const [price, upTo] of tiers) {
    dollars += Math.max(0, Math.min(units, upTo) - from) * price;
    from = upTo;
  }
  if (units > from) throw new Error(`${name}: no price is known for ${units} units a month`);
  return dollars;
}
