/** A price in dollars per unit, in us-east-1, with its source. In each month, the first `free` units cost nothing. */
export interface Price {
  readonly unit: string;
  readonly source: string;
  readonly free?: number;
  /** A tier's price applies to units up to `upTo` in a month. Free units count toward `upTo`. */
  readonly tiers: readonly (readonly [dollars: number, upTo: number])[];
}

const flat = (dollars: number): Price['tiers'] => [[dollars, Infinity]];
/** The number of GB in a TB on AWS's bills. */
const TB = 1024;

/** Prices of the billed items of a month. */
export const MONTH_PRICES = {
  'transcode': {
    unit: 'normalized minute', tiers: [[0.0075, 100_000], [0.0053, 1_000_000]],
    source: 'MediaConvert Basic tier, third parties that quote "AWS Elemental MediaConvert pricing", 29 November 2026',
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
  'S3 PUTs': { unit: 'request', tiers: flat(5e-6), source: 'devnotes.tech, "Understanding AWS S3 Pricing": $0.005 per 1,000 PUTs, read 30 November 2026' },
  'S3 GETs': { unit: 'request', tiers: flat(0.4e-6), source: 'devnotes.tech, "Understanding AWS S3 Pricing": $0.0004 per 1,000 GETs, read 30 November 2026' },
  'REST API requests': { unit: 'request', tiers: flat(3.5e-6), source: 'go-cloud.io/aws-api-gateway-pricing, 2026' },
  'Lambda calls': { unit: 'call', tiers: flat(0.2e-6), source: 'cloudchipr.com/blog/aws-lambda-pricing, 2024' },
  'Lambda GB-seconds': { unit: 'GB-second', tiers: flat(13.3334e-6), source: 'cloudchipr.com/blog/aws-lambda-pricing, 2024, arm64' },
  'DynamoDB read units': { unit: 'read unit', tiers: flat(0.125e-6), source: 'airbyte.com/data-engineering-resources/dynamodb-pricing, November 2026' },
  'users': { unit: 'monthly active user', free: 10_000, tiers: flat(0.0055), source: 'Cognito Lite plan, third party, 20 September 2026' },
  'secrets': { unit: 'secret and month', tiers: flat(0.4), source: 'hivebook.wiki, "AWS Secrets Manager", read 30 November 2026' },
  'SQS requests': { unit: 'request', free: 1_000_000, tiers: flat(0.4e-6), source: 'cloudburn.io/blog/amazon-sqs-pricing, March 2026' },
  'logs': { unit: 'GB', tiers: flat(0.5), source: 'c3x.dev, "CloudWatch Logs cost optimization", June 2026' },
} as const satisfies Record<string, Price>;

/** The name of an item on the monthly bill. */
export type MonthPriced = keyof typeof MONTH_PRICES;

/** Returns the cost in dollars of a number of units in a month. */
export function dollarsFor(name: MonthPriced, units: number): number {
  const { free = 0, tiers }: Price = MONTH_PRICES[name];
  let [from, dollars] = [free, 0];
  for (const [price, upTo] of tiers) {
    dollars += Math.max(0, Math.min(units, upTo) - from) * price;
    from = upTo;
  }
  if (units > from) throw new Error(`${name}: no price is known for ${units} units a month`);
  return dollars;
}
