import { createHmac } from 'node:crypto';

/** One-way tokens of people for audit lines and tombstones: HMAC-SHA-256 under a key of their own. */
export class AuditTokens {
  constructor(private readonly key: Buffer) {}

  /** 128 bits of the HMAC: the same person in the same tenant gives the same token, and nothing turns it back. */
  token(tenant: string, value: string): string {
    const mac = createHmac('sha256', this.key).update(tenant).update('\0').update(value).digest();
    return `a_${mac.subarray(0, 16).toString('base64url')}`;
  }
}
