/** The type of the custom resource that creates a key pair. */
export const KEY_PAIR_RESOURCE = 'Custom::VodKeyPair';

/** The type of the key pairs that sign playback sessions and poster URLs. */
export enum SigningKeyType {
  /** ECDSA with the curve P-256, whose short signatures make small cookies. */
  ECDSA_P256 = 'ecdsa-p256',
  /** RSA with 2048 bits. */
  RSA_2048 = 'rsa-2048',
}

/** The type of a key pair in the properties of the custom resource. */
export type KeyPairType = `${SigningKeyType}`;

/** Properties of the custom resource that creates a key pair. */
export interface KeyPairProperties {
  /** ARN of the secret in which the function stores the private key. */
  readonly SecretArn: string;
  /** The type of a new key pair. An existing key pair keeps its type. */
  readonly KeyType: KeyPairType;
}

/** Attributes of the custom resource. The attributes contain no part of the private key. */
export interface KeyPairAttributes {
  /** PEM. */
  readonly PublicKey: string;
  /** ISO 8601. */
  readonly CreatedAt: string;
}

/** A key pair with which handlers sign cookies and poster URLs. */
export interface SigningKeyReference {
  /** Id of the public key in CloudFront. */
  readonly keyPairId: string;
  readonly secretArn: string;
}

/** The JSON value of the secret that contains a private key. */
export interface SigningKeySecret {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** ISO 8601. */
  readonly createdAt: string;
}
