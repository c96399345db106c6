/** The names that a company would configure, as the local servers know them. */
export const LOCAL_NAMES = {
  region: 'eu-central-1',
  athenaWorkGroup: 'primary',
  athenaCatalog: 'AwsDataCatalog',
  resultsBucket: 'sluice-results',
  athenaOutput: 's3://sluice-results/athena/',
  /** For the files of tables. */
  lakeBucket: 'sluice-lake',
  auditLocation: 's3://sluice-lake/audit/reads/',
  erasureLocation: 's3://sluice-lake/erasure/subject_keys/',
  /** For files on their way into a table. */
  stagingBucket: 'sluice-staging',
  erasureTable: 'sluice-erasure',
  redshiftWorkgroup: 'sluice',
  redshiftDatabase: 'warehouse',
} as const;

/** Local servers take any signed request; these sign them. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;
