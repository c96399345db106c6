import type { Declarations } from '../schema/declarations';
import type { PolicyFile } from './policy-file';

/**
 * What a policy may say, though it is seldom meant: a role that gets figures instead of rows, and no minimum for groups
 * of people, so that it reads each person's row as a group of one.
 */
export function unprotectedGroups(file: PolicyFile, declarations: Declarations): string[] {
  return Object.entries(file.data.roles).flatMap(([role, { domains }]) =>
    Object.entries(domains).flatMap(([domain, { access, groups }]) => {
      if (access !== 'aggregates' || groups !== undefined) return [];
      const about = [...declarations.metrics.values()].filter(
        ({ dataset }) => dataset.domain === domain && dataset.subject !== undefined,
      );
      if (about.length === 0) return [];
      return [
        file.finding(
          ['roles', role, 'domains', domain, 'access'],
          `the role sees groups of any size of ${about.map(({ name }) => name).join(', ')}, one person's too. Add \`groups: { minimum: 5 }\`, or \`access: rows\` if it may see each person.`,
        ),
      ];
    }),
  );
}
