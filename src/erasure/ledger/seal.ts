import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SluiceError } from '../../errors';
import type { Place } from './table';

/**
 * Keys of people at rest: AES-256-GCM (NIST SP 800-38D) under a key for each tenant, derived by HKDF-SHA-256. A sealed text
 * opens only in the place it was sealed for. Without SLUICE_ERASURE_KEY nothing opens: throwing that key away erases all.
 */

const IV_BYTES = 12;
const TAG_BYTES = 16;

export class KeySeal {
  /** @param key 32 random bytes */
  constructor(private readonly key: Buffer) {}

  seal(tenant: string, place: Place, plain: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.derived('subject keys', tenant), iv);
    cipher.setAAD(placeOf(place));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64');
  }

  /** @throws SluiceError INTERNAL when it was sealed with another key, for another place, or was changed */
  open(tenant: string, place: Place, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const iv = bytes.subarray(0, IV_BYTES);
      const cipher = createDecipheriv('aes-256-gcm', this.derived('subject keys', tenant), iv);
      cipher.setAAD(placeOf(place));
      cipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const end = bytes.length - TAG_BYTES;
      return Buffer.concat([cipher.update(bytes.subarray(IV_BYTES, end)), cipher.final()]).toString('utf8');
    } catch (error) {
      throw new SluiceError(
        'INTERNAL',
        'The keys of this erasure cannot be opened. Operators: SLUICE_ERASURE_KEY is not the one they were sealed with.',
        error,
      );
    }
  }

  /** One-way and keyed: tells whether two contents are the same, and nothing else. */
  digest(tenant: string, content: string): string {
    return createHmac('sha256', this.derived('content', tenant)).update(content).digest('base64url');
  }

  private derived(use: string, tenant: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, '', `sluice erasure ${use}\0${tenant}`, 32));
  }
}

function placeOf({ pk, sk }: Place): Buffer {
  return Buffer.from(JSON.stringify([pk, sk]));
}
