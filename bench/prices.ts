/** Prices of one unit in dollars: us-east-1, on demand, after the free tiers. The sources were read in November 2026. Most are third parties that quote AWS. */
export const PRICES = {
  'Lambda calls': [0.2e-6, 'cloudchipr.com/blog/aws-lambda-pricing (2024)'],
  'Lambda GB-seconds': [13.3334e-6, 'cloudchipr.com/blog/aws-lambda-pricing (2024), arm64'],
  'log bytes': [0.5e-9, 'duckbillgroup.com (May 2025): $0.50 a GB for the first 10 TB of Lambda logs'],
  'DynamoDB write units': [0.625e-6, 'docs/decisions/022 (AWS, November 2024)'],
  'DynamoDB read units': [0.125e-6, 'airbyte.com/data-engineering-resources/dynamodb-pricing'],
  'DynamoDB stream records': [0, 'free for Lambda triggers (AWS documentation)'],
  'SQS requests': [0.4e-6, 'cloudburn.io/blog/amazon-sqs-pricing (March 2026)'],
  'events on the custom bus': [1e-6, 'cloudburn.io/blog/amazon-eventbridge-pricing (March 2026)'],
  'events of S3': [1e-6, 'factualminds.com (June 2026) lists them as free; counted at the price of custom events'],
  'events of MediaConvert': [0, 'wring.co/blog/aws-eventbridge-pricing-guide: events of AWS services are free'],
  'REST API requests': [3.5e-6, 'go-cloud.io/aws-api-gateway-pricing (2026)'],
  'CloudFront requests': [1e-6, 'not verified: $0.0100 for 10,000 HTTPS requests in the US'],
  'S3 PUT and LIST requests': [5e-6, 'cloudkaramchari.com: $0.005 for 1,000 requests'],
  'S3 GET requests': [0.4e-6, 'not verified: $0.0004 for 1,000 requests'],
  'Secrets Manager requests': [5e-6, 'not verified: $0.05 for 10,000 requests'],
  'MediaConvert requests': [0, 'not billed, except for the probe, whose price is not known'],
  'MediaConvert normalized minutes': [0.0075, 'aws.amazon.com/mediaconvert/pricing: "starting at $0.0075", Basic tier'],
} as const satisfies Record<string, readonly [dollars: number, source: string]>;

/** Something that AWS bills. */
export type Priced = keyof typeof PRICES;
