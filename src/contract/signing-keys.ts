/** The type of the custom resource that creates a key pair. */
export const KEY_PAIR_RESOURCE = 'Custom::VodKeyPair';

/** The type of the key pairs that sign playback sessions. */
export enum SigningKeyType {
  /** ECDSA with the curve P-256. Its signatures are short, so the cookies are small. */
  ECDSA_P256 = 'ecdsa-p256',
  /** RSA with 2048 bits. */
  RSA_2048 = 'rsa-2048',
}

/** The type of a key pair in the properties of the custom resource. */
export type KeyPairType = `${SigningKeyType}`;

/** Properties of the custom resource. */
export interface KeyPairProperties {
  /** The secret for the private key. It is empty at first. */
  readonly SecretArn: string;
  /** The type of a new key pair. An existing key pair keeps its type. */
  readonly KeyType: KeyPairType;
}

/** Attributes of the custom resource. They contain no part of the private key. */
export interface KeyPairAttributes {
  /** PEM. */
  readonly PublicKey: string;
  /** ISO 8601. */
  readonly CreatedAt: string;
}

/** A key generation in the environment of the playback handler. */
export interface SigningKeyReference {
  /** The id of the public key in CloudFront. */
  readonly keyPairId: string;
  readonly secretArn: string;
}

/** The value of the secret of a key generation, as JSON. */
export interface SigningKeySecret {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  /** ISO 8601. */
  readonly createdAt: string;
}
