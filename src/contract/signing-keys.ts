/** Type of the custom resource that makes one key pair. */
export const KEY_PAIR_RESOURCE = 'Custom::VodKeyPair';

/** Kind of key pair that signs playback. */
export enum SigningKeyType {
  /** ECDSA on P-256: short signatures, and so small cookies. */
  ECDSA_P256 = 'ecdsa-p256',
  /** RSA of 2048 bits. */
  RSA_2048 = 'rsa-2048',
}

/** As the custom resource's properties write it. */
export type KeyPairType = `${SigningKeyType}`;

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
