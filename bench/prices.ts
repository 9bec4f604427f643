import { MONTH_PRICES, type MonthPriced, type Price } from './cost/prices';

type UnitPrice = readonly [dollars: number, source: string];

/** Returns the price of a unit in the first tier that is not free. */
function firstTier(name: MonthPriced): UnitPrice {
  const { tiers: [[dollars]], source }: Price = MONTH_PRICES[name];
  return [dollars, source];
}

const [logGigabyte, logSource] = firstTier('logs');

/** Prices of the usage of one video, in dollars per unit. The prices are for us-east-1, on demand, after the free tiers. */
export const PRICES = {
  'Lambda calls': firstTier('Lambda calls'),
  'Lambda GB-seconds': firstTier('Lambda GB-seconds'),
  'log bytes': [logGigabyte / 1e9, logSource],
  'DynamoDB write units': [0.625e-6, 'docs/decisions/022 (AWS, November 2024)'],
  'DynamoDB read units': firstTier('DynamoDB read units'),
  'DynamoDB stream records': [0, 'free for Lambda triggers (AWS documentation)'],
  'SQS requests': firstTier('SQS requests'),
  'events on the custom bus': [1e-6, 'cloudburn.io/blog/amazon-eventbridge-pricing, March 2026'],
  'events of S3': [1e-6, 'factualminds.com (June 2026) lists them as free; counted at the price of custom events'],
  'events of MediaConvert': [0, 'wring.co/blog/aws-eventbridge-pricing-guide: events of AWS services are free'],
  'REST API requests': firstTier('REST API requests'),
  'CloudFront requests': firstTier('CloudFront requests'),
  'S3 PUT and LIST requests': firstTier('S3 PUTs'),
  'S3 GET requests': firstTier('S3 GETs'),
  'Secrets Manager requests': [5e-6, 'not verified: $0.05 for 10,000 requests'],
  'MediaConvert requests': [0, 'not billed, except for the probe, whose price is not known'],
  'MediaConvert normalized minutes': firstTier('transcode'),
} as const satisfies Record<string, UnitPrice>;

/** Something that AWS bills. */
export type Priced = keyof typeof PRICES;
