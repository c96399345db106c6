import type { Random } from './random';

/** A made-up person: no real one has such a family name, an address at example.com or a number 555-01xx. */
export interface Person {
  name: string;
  email: string;
  phone: string;
}

const FIRST_NAMES = [
  'Ada', 'Bruno', 'Cleo', 'Dario', 'Edda', 'Finn', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Klara', 'Luis', 'Mila',
  'Nils', 'Olga', 'Paul', 'Rosa', 'Sven', 'Tilda', 'Uwe', 'Vera', 'Willem', 'Ximena', 'Yusuf', 'Zoe',
] as const; // prettier-ignore
const FAMILY_NAMES = [
  'Example', 'Sample', 'Placeholder', 'Specimen', 'Fictive', 'Madeup', 'Imaginary', 'Invented', 'Pretend', 'Mockup',
] as const; // prettier-ignore

/** @param number tells people of the same name apart in their e-mail addresses */
export function person(random: Random, number: number): Person {
  const first = random.one(FIRST_NAMES);
  const family = random.one(FAMILY_NAMES);
  return {
    name: `${first} ${family}`,
    email: `${first}.${family}.${number}@example.com`.toLowerCase(),
    phone: `+1-${random.whole(201, 989)}-555-01${String(random.whole(0, 99)).padStart(2, '0')}`,
  };
}
