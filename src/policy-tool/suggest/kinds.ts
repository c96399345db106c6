import type { DataClass } from '../../schema/vocabulary';

/** Kinds of information that a name or the shape of values gives away, and the class that each belongs in. */
export interface Kind {
  /** As in `looks like an e-mail address`. */
  words: string;
  class: DataClass;
  /** Whether `public` or `internal` is hardly ever right for it. */
  sensitive: boolean;
}

export const KINDS = {
  email: { words: 'an e-mail address', class: 'contact', sensitive: true },
  phone: { words: 'a telephone number', class: 'contact', sensitive: true },
  card: { words: 'a payment card number', class: 'identifier', sensitive: true },
  iban: { words: 'a bank account number', class: 'identifier', sensitive: true },
  nationalId: { words: 'a number given by the state', class: 'identifier', sensitive: true },
  ip: { words: 'an IP address', class: 'identifier', sensitive: true },
  deviceId: { words: 'an id of a device', class: 'identifier', sensitive: true },
  personId: { words: 'an id of a person', class: 'identifier', sensitive: true },
  personName: { words: 'the name of a person', class: 'identifier', sensitive: true },
  postalAddress: { words: 'a postal address', class: 'contact', sensitive: true },
  coordinates: { words: 'a position', class: 'location', sensitive: true },
  place: { words: 'a place where somebody lives or is', class: 'location', sensitive: false },
  birthDate: { words: 'a birth date', class: 'demographic', sensitive: true },
  trait: { words: 'a trait of a person', class: 'demographic', sensitive: true },
  pay: { words: 'pay', class: 'compensation', sensitive: true },
  money: { words: 'an amount of money', class: 'financial', sensitive: false },
  risk: { words: 'a judgement of risk', class: 'risk', sensitive: false },
  performance: { words: 'a judgement of work', class: 'performance', sensitive: false },
  freeText: { words: 'text that somebody wrote', class: 'free_text', sensitive: false },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;
