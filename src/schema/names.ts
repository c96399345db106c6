/** Names of GraphQL types that are derived from a declaration, in one place: views and resolvers find meaning by name. */

export const whereName = (dataset: string): string => `${dataset}Where`;
export const orderName = (declared: string): string => `${declared}Order`;
export const dimensionName = (metrics: string): string => `${metrics}Dimension`;
export const connectionName = (dataset: string): string => `${dataset}Connection`;
export const edgeName = (dataset: string): string => `${dataset}Edge`;
export const tableName = (metrics: string): string => `${metrics}Table`;

/** `soldAt` as an enum value: `SOLD_AT`. */
export function enumValueName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
