/** Type of the custom resource that makes one key pair. */
export const KEY_PAIR_RESOURCE = 'Custom::VodKeyPair';

/** Kinds of key pairs that CloudFront verifies. */
export const KEY_PAIR_TYPES = ['ecdsa-p256', 'rsa-2048'] as const;
export type KeyPairType = (typeof KEY_PAIR_TYPES)[number];

/** What the custom resource is given. */
export interface KeyPairProperties {
  /** The secret that holds the private half, empty at first. */
  readonly SecretArn: string;
  /** Kind of the pair to make; one that is there already keeps its own. */
  readonly KeyType: KeyPairType;
}

/** What the custom resource answers: nothing of the private half. */
export interface KeyPairAttributes {
  /** PEM. */
  readonly PublicKey: string;
  /** ISO 8601. */
  readonly CreatedAt: string;
}

/** One generation, as the playback handler's environment names it. */
export interface SigningKeyReference {
  /** CloudFront's id of the public half. */
  readonly keyPairId: string;
  readonly secretArn: string;
}

/** What a generation's secret holds, as JSON. */
export interface SigningKeySecret {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** ISO 8601. */
  readonly createdAt: string;
}
