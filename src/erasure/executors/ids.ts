/** Ids of steps that steps of other stores wait for. */

export const STAGE_STEP = 's3.stage';
export const PURGE_STEP = 's3.purge';
export const UNSTAGE_STEP = 's3.unstage';
