import type { KindName } from './kinds';

/** What the name of a column says about its values. */

/** Words of a name in small letters: `applicantEMail`, `applicant_e-mail` and `ApplicantEmail` all end in `email`. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');
}

const PEOPLE =
  'applicant|borrower|buyer|caller|candidate|client|contact|customer|driver|employee|guest|holder|manager|member|owner|passenger|patient|payee|payer|person|recipient|rider|sender|staff|student|subscriber|user|visitor|worker';

/**
 * In order, the surest first. Each is matched against the words of the name joined by spaces, with one at each end, so
 * that `ip` is not found in `description`.
 */
const NAMES: readonly (readonly [kind: KindName, pattern: RegExp])[] = [
  ['email', / (e mail|email|mail address|emails|mailto) | (mail) $/],
  ['phone', / (phone|telephone|mobile|cellphone|cell|fax|msisdn|tel|phone number|handy) /],
  ['iban', / (iban|bic|swift|bank account|account iban|account number|sort code|routing number) /],
  ['card', / (card number|credit card|debit card|card no|pan|ccn|cc number|primary account number) /],
  [
    'nationalId',
    / (ssn|social security|nino|national id|passport|tax id|tin|personal number|id card|driving licence|driving license|drivers license|vat id) /,
  ],
  ['ip', / (ip|ip address|ipv4|ipv6|remote addr|client ip) /],
  [
    'deviceId',
    / (device id|imei|imsi|mac address|serial number|vin|license plate|licence plate|advertising id|idfa|gaid) /,
  ],
  ['birthDate', / (birth date|date of birth|birthdate|birthday|dob|born on|born) /],
  [
    'coordinates',
    / (latitude|longitude|lat|lon|lng|coordinates|coordinate|geo point|geolocation|gps|geohash) /,
  ],
  [
    'personName',
    new RegExp(
      ` (first name|last name|full name|given name|family name|middle name|maiden name|surname|forename|nickname|person name|username|user name|display name) | (?:${PEOPLE}) name `,
    ),
  ],
  [
    'personId',
    new RegExp(
      ` (?:${PEOPLE}) (?:id|no|number|key|code|ref|reference) | (subject id|personnel number|staff number|login) `,
    ),
  ],
  [
    'postalAddress',
    / (street|house number|postal address|home address|shipping address|billing address|address|address line) /,
  ],
  [
    'trait',
    / (gender|sex|age|marital status|ethnicity|race|religion|nationality|citizenship|disability|sexual orientation|education|household size|children) /,
  ],
  ['pay', / (salary|wage|wages|bonus|payroll|compensation|hourly rate|pay grade) /],
  ['performance', / (performance|performance rating|appraisal|job satisfaction|job involvement) /],
  ['risk', / (risk|risk grade|risk score|credit score|fraud score|debt to income|default probability) /],
  ['money', / (income|amount|balance|revenue|turnover|price|credit limit|net worth|debt|cost) /],
  ['place', / (city|town|zip|zip code|postcode|post code|postal code|region|county) /],
  [
    'freeText',
    / (notes|note|comment|comments|remark|remarks|free text|message|feedback|transcript|job title) /,
  ],
];

/** The kind that a name speaks of, or undefined where it says nothing. */
export function kindByName(name: string): KindName | undefined {
  const text = ` ${wordsOf(name).join(' ')} `;
  return NAMES.find(([, pattern]) => pattern.test(text))?.[0];
}
