import type { Declarations } from '../schema/declarations';
import type { PolicyFile } from './policy-file';

/**
 * What a policy may say, though it is seldom meant: a role that gets figures instead of rows, and no minimum for groups
 * of people, so that it reads each person's row as a group of one; or exact figures of groups, so that it reads the row
 * as the difference of two.
 */
export function unprotectedGroups(file: PolicyFile, declarations: Declarations): string[] {
  return Object.entries(file.data.roles).flatMap(([role, { domains }]) =>
    Object.entries(domains).flatMap(([domain, { access, groups }]) => {
      if (access !== 'aggregates') return [];
      const about = [...declarations.metrics.values()].filter(
        ({ dataset }) => dataset.domain === domain && dataset.subject !== undefined,
      );
      if (about.length === 0) return [];
      if (groups !== undefined) {
        const exact = about.filter(
          ({ name }) => (groups.families[name]?.protection ?? groups.protection) === 'none',
        );
        if (exact.length === 0) return [];
        return [
          file.finding(
            ['roles', role, 'domains', domain, 'groups'],
            `the role sees exact figures of ${exact.map(({ name }) => name).join(', ')}, and two groups that differ by one person give that person away. Say \`protection: noise\`, or \`access: rows\` without \`groups\` if it may see each person.`,
          ),
        ];
      }
      return [
        file.finding(
          ['roles', role, 'domains', domain, 'access'],
          `the role sees groups of any size of ${about.map(({ name }) => name).join(', ')}, one person's too. Add \`groups: { minimum: 5 }\`, or \`access: rows\` if it may see each person.`,
        ),
      ];
    }),
  );
}
