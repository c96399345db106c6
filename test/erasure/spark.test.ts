import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { checkErasure } from '../../src/auth/erasure-check';
import { ObjectStore } from '../../src/datasources/engines/object-store';
import { createExecutors } from '../../src/erasure/executors/create';
import { jobTable, SparkExecutor } from '../../src/erasure/executors/spark/executor';
import { SparkJobs } from '../../src/erasure/executors/spark/jobs';
import type { BatchWork, StepResult } from '../../src/erasure/steps';
import { erasureTargets } from '../../src/erasure/targets';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startLakeAws, type LakeAws } from '../engines/support/lake-aws';
import { clientsFor, type Clients } from '../local/support';
import { DAY, NASTY, dataset, stagedKeys } from './support/people';
import { withRetained } from './support/retained';

/** A dataset as it is declared when its table is Hudi. */
const written = (name: string): DatasetDeclaration => ({ ...dataset(name), writer: 'spark' });
const SIGNAL = new AbortController().signal;
const SETTINGS = {
  application: '00fabcdef0123456',
  role: 'arn:aws:iam::123456789012:role/erasure',
  script: 's3://sluice-lake/jobs/erase_subjects.py',
  parameters: '--conf spark.executor.memory=4g',
  timeoutMinutes: 120,
};

interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

/** Answers as EMR Serverless does (API reference: StartJobRun, GetJobRun, CancelJobRun), and keeps what it was asked. */
class JobService {
  readonly asked: Asked[] = [];
  /** States that a run goes through, one a look; the last one stays. */
  states: string[] = ['SUBMITTED', 'RUNNING', 'SUCCESS'];
  details = 'Job failed.';
  /** Refuses everything, with this error and status. */
  refusal: { status: number; type: string } | undefined;
  private readonly runs = new Map<string, { id: string; left: string[] }>();
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
        const path = request.url ?? '';
        this.asked.push({ method: request.method ?? '', path, body });
        const { status, type, answer } = this.answer(request.method ?? '', path, body);
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(type === undefined ? {} : { 'x-amzn-errortype': type }),
        });
        response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((ready) => this.server?.listen(0, '127.0.0.1', ready));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((closed) => this.server?.close(closed));
  }

  started(): Asked[] {
    return this.asked.filter(({ method }) => method === 'POST');
  }

  private answer(method: string, path: string, body: Record<string, unknown>) {
    if (this.refusal !== undefined)
      return { status: this.refusal.status, type: this.refusal.type, answer: { message: 'no' } };
    const applicationId = SETTINGS.application;
    if (method === 'POST') {
      const token = String(body.clientToken);
      const known = this.runs.get(token) ?? { id: `00run${this.runs.size}`, left: [...this.states] };
      this.runs.set(token, known);
      const arn = `arn:aws:emr-serverless:eu-central-1:123456789012:/applications/${applicationId}/jobruns/${known.id}`;
      return { status: 200, answer: { applicationId, jobRunId: known.id, arn } };
    }
    const run = [...this.runs.values()].find(({ id }) => path.endsWith(`/${id}`));
    if (run === undefined)
      return { status: 404, type: 'ResourceNotFoundException', answer: { message: 'none' } };
    if (method === 'DELETE') {
      run.left = ['CANCELLING', 'CANCELLED'];
      return { status: 200, answer: { applicationId, jobRunId: run.id } };
    }
    const state = run.left.length > 1 ? run.left.shift() : run.left[0];
    return {
      status: 200,
      answer: { jobRun: { applicationId, jobRunId: run.id, state, stateDetails: this.details } },
    };
  }
}

describe('erasure by Spark jobs', () => {
  let lake: LakeAws;
  let clients: Clients;
  let service: JobService;
  let executor: SparkExecutor;
  const batch: BatchWork = { id: 'b-1', day: DAY, keys: stagedKeys('acme', NASTY) };
  const [erase, expire] = ['erase', 'expire'].map((kind) => ({
    id: `spark.Decision.${kind}`,
    kind: kind as 'erase' | 'expire',
    store: 'spark' as const,
    dataset: 'Decision',
    after: [],
  }));
  if (erase === undefined || expire === undefined) throw new Error('There are no steps.');

  /** One run of a step, as a worker calls it. */
  const once = (step: typeof erase, cursor?: string, work = batch): Promise<StepResult> =>
    executor.run(step, work, {
      ...(cursor === undefined ? {} : { cursor }),
      signal: SIGNAL,
      beat: async () => undefined,
    });
  const cursorOf = (result: StepResult): string => ('cursor' in result ? (result.cursor ?? '') : '');
  const says = (id: string, text: string) =>
    clients.s3.send(
      new PutObjectCommand({
        Bucket: 'sluice-lake',
        Key: `erasure/subject_keys/spark-results/${id}-spark.Decision.erase.json`,
        Body: text,
      }),
    );

  beforeAll(async () => {
    lake = await startLakeAws('duckdb');
    clients = clientsFor(lake.endpoints);
  });
  beforeEach(async () => {
    service = new JobService();
    const config = { ...lake.config, SLUICE_SPARK_ENDPOINT: await service.start() };
    const location = 's3://sluice-lake/erasure/subject_keys/';
    executor = new SparkExecutor(
      {
        jobs: new SparkJobs(config, SETTINGS),
        location,
        store: new ObjectStore(config, location),
        lookMs: 5,
      },
      erasureTargets([written('Decision'), dataset('Reading')]),
    );
  });
  afterEach(async () => {
    await executor.close();
    await service.close();
  });
  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) (client as { destroy(): void }).destroy();
    await lake?.close();
  });

  test('a step for each thing that is done to a table that Spark writes, and none for others', () => {
    expect(executor.steps().map(({ id, after }) => [id, after])).toEqual([
      ['spark.Decision.erase', ['s3.stage']],
      ['spark.Decision.expire', ['spark.Decision.erase']],
    ]);
  });

  test('what is sent starts the script with names and places, and no key', async () => {
    const result = await once(erase);
    expect(result).toMatchObject({ state: 'again', rows: 0, statementIds: ['00run0'] });
    const [{ method, path, body } = { method: '', path: '', body: {} }] = service.asked;
    expect([method, path]).toEqual(['POST', `/applications/${SETTINGS.application}/jobruns`]);
    const table = JSON.stringify(jobTable(erasureTargets([written('Decision')])[0] as never, DAY));
    expect(body).toEqual({
      clientToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      executionRoleArn: SETTINGS.role,
      executionTimeoutMinutes: 120,
      name: 'sluice spark.Decision.erase',
      jobDriver: {
        sparkSubmit: {
          entryPoint: SETTINGS.script,
          entryPointArguments: [
            'erase',
            ...['--table', table],
            ...['--keys', 's3://sluice-lake/erasure/subject_keys/batch=b-1/'],
            ...[
              '--result',
              's3://sluice-lake/erasure/subject_keys/spark-results/b-1-spark.Decision.erase.json',
            ],
          ],
          sparkSubmitParameters: SETTINGS.parameters,
        },
      },
    });
    for (const key of NASTY.filter((one) => one.length > 3)) expect(JSON.stringify(body)).not.toContain(key);
  });

  test('a start that is repeated is the same run; other keys are another', async () => {
    const [first, again] = [await once(erase), await once(erase)];
    expect(again).toEqual(first);
    const fewer = {
      ...batch,
      keys: batch.keys
        .slice(0, -1)
        .filter(({ dataset: name }) => name === 'Decision')
        .slice(1),
    };
    expect(cursorOf(await once(erase, undefined, fewer))).not.toBe(cursorOf(first));
    const tokens = service.started().map(({ body }) => body.clientToken);
    expect([tokens[0] === tokens[1], new Set(tokens).size]).toEqual([true, 2]);
  });

  test('follows the job to its end and says how many rows changed', async () => {
    await says('b-1', '{"rows": 42}');
    const started = await once(erase);
    expect(await once(erase, cursorOf(started))).toEqual({ state: 'done', rows: 42, statementIds: [] });
    const looks = service.asked.filter(({ method }) => method === 'GET').map(({ path }) => path);
    expect(new Set(looks)).toEqual(new Set([`/applications/${SETTINGS.application}/jobruns/00run0`]));
    const freed = await once(expire);
    expect(service.started()[1]?.body).toMatchObject({
      jobDriver: { sparkSubmit: { entryPointArguments: ['expire', '--table', expect.any(String)] } },
    });
    expect(await once(expire, cursorOf(freed))).toEqual({ state: 'done', rows: 0, statementIds: [] });
  });

  test('a job that says nothing of its rows has not ended well', async () => {
    await says('b-2', '{"rows": null}');
    const other = { ...batch, id: 'b-2' };
    const started = await once(erase, undefined, other);
    expect(await once(erase, cursorOf(started), other)).toMatchObject({
      state: 'failed',
      reason: 'ENGINE_FAILED',
    });
  });

  test.each([
    [
      'Caused by: org.apache.hudi.exception.HoodieWriteConflictException: Cannot resolve conflicts',
      { reason: 'CONFLICTS', retryable: true },
    ],
    [
      'AccessDeniedException: Access Denied (Service: Amazon S3)',
      { reason: 'NO_PERMISSION', retryable: false },
    ],
    ['java.io.IOException: No space left on device', { reason: 'STORAGE_FULL', retryable: false }],
    ['ExitCode: 1.', { reason: 'ENGINE_FAILED', retryable: true }],
  ])('a job that fails says why, in our words: %s', async (details, failure) => {
    service.states = ['RUNNING', 'RUNNING', 'FAILED'];
    service.details = details;
    const started = await once(erase);
    expect(await once(erase, cursorOf(started))).toEqual({ state: 'failed', ...failure });
    // The next try is a run of its own.
    service.states = ['SUCCESS'];
    const second = await once(erase, cursorOf(started));
    expect(second).toMatchObject({ state: 'again', statementIds: ['00run1'] });
    await says('b-1', '{"rows": 1}');
    expect(await once(erase, cursorOf(second))).toMatchObject({ state: 'done', rows: 1 });
  });

  test('a run whose keys are others by now is ended before another begins', async () => {
    service.states = ['RUNNING'];
    const started = await once(erase);
    const fewer = { ...batch, keys: batch.keys.filter(({ key }) => key !== NASTY[0]) };
    expect(await once(erase, cursorOf(started), fewer)).toMatchObject({
      state: 'again',
      statementIds: ['00run1'],
    });
    const order = service.asked.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
    expect(order).toEqual(['POST jobruns', 'DELETE 00run0', 'GET 00run0', 'GET 00run0', 'POST jobruns']);
  });

  test('a service that refuses is a failure with a reason', async () => {
    service.refusal = { status: 403, type: 'AccessDeniedException' };
    expect(await once(erase)).toMatchObject({ state: 'failed', retryable: false, reason: 'NO_PERMISSION' });
    service.refusal = { status: 500, type: 'InternalServerException' };
    expect(await once(erase)).toMatchObject({ state: 'failed', retryable: true });
  });

  test('a batch without keys for the table asks for nothing', async () => {
    expect(await once(erase, undefined, { ...batch, keys: [] })).toEqual({
      state: 'done',
      rows: 0,
      statementIds: [],
    });
    expect(service.asked).toEqual([]);
  });

  test('a table that Spark writes needs a place where its jobs run, and is left to them', async () => {
    await expect(createExecutors(lake.config, [written('Reading')], SIGNAL)).rejects.toMatchObject({
      findings: [
        expect.stringContaining('SLUICE_SPARK_APPLICATION is not set'),
        expect.stringContaining('SLUICE_SPARK_ROLE is not set'),
        expect.stringContaining('SLUICE_SPARK_SCRIPT is not set'),
      ],
    });
    const config = {
      ...lake.config,
      SLUICE_SPARK_APPLICATION: SETTINGS.application,
      SLUICE_SPARK_ROLE: SETTINGS.role,
      SLUICE_SPARK_SCRIPT: SETTINGS.script,
    };
    const made = await createExecutors(config, [written('Reading'), dataset('Decision')], SIGNAL);
    const ids = made.flatMap((one) => one.steps().map(({ id }) => id));
    expect(ids).toEqual(expect.arrayContaining(['spark.Reading.erase', 'athena.Decision.erase']));
    expect(ids).not.toContain('athena.Reading.erase');
    for (const one of made) await one.close();
    expect(checkErasure(written('Employee'))).toEqual([expect.stringContaining('Leave out `writer`')]);
    expect(checkErasure(written('Reading'))).toEqual([]);
  });
});

describe('the job’s script', () => {
  const python = async (expression: string): Promise<unknown> => {
    const code = `import json, sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, 'src/erasure/executors/spark')\nfrom erase_subjects import *\nprint(json.dumps(${expression}))`;
    const { stdout } = await promisify(execFile)('python3', ['-c', code]);
    return JSON.parse(stdout);
  };
  const json = (value: unknown): string => `json.loads(${JSON.stringify(JSON.stringify(value))})`;
  const storage = {
    record_keys: ['tenant_id', 'decision_id'],
    partitions: ['dt'],
    ordering: ['decided_at'],
    columns: ['tenant_id', 'decision_id', 'decided_at', 'applicant_id', 'amount', 'dt'],
    merge_on_read: true,
  };
  const table = {
    dataset: 'Decision',
    database: 'loans',
    table: 'decisions',
    tenant: 'tenant_id',
    subject: { column: 'applicant_id', kind: 'customer' },
    others: [],
    mentions: [],
    actions: [{ what: 'delete', of: ['delete'] }],
  };

  test('deletes by a join with the staged keys', async () => {
    const rows =
      'SELECT r.`tenant_id` AS `tenant_id`, r.`decision_id` AS `decision_id`, r.`dt` AS `dt`, r.`decided_at` AS `decided_at`' +
      ' FROM `loans`.`decisions` r LEFT JOIN (SELECT `tenant`, `key`, MIN(`token`) AS `token` FROM sluice_erasure_keys' +
      " WHERE `dataset` = 'Decision' AND `action` IN ('delete') AND `kind` = 'customer' GROUP BY `tenant`, `key`) k0" +
      ' ON k0.`tenant` = r.`tenant_id` AND k0.`key` = r.`applicant_id` WHERE k0.`token` IS NOT NULL';
    expect(await python(`changes(${json(table)}, ${json(storage)})`)).toEqual([
      {
        rows,
        sql:
          `MERGE INTO \`loans\`.\`decisions\` AS t USING (${rows}) AS s` +
          ' ON t.`tenant_id` = s.`tenant_id` AND t.`decision_id` = s.`decision_id` WHEN MATCHED THEN DELETE',
      },
    ]);
  });

  test('pseudonymises the whole row as the source has it, old rows and mentions by themselves', async () => {
    const target = erasureTargets([{ ...dataset('SalesLine'), engine: 'athena' }])[0];
    const made = (await python(
      `changes(${json(jobTable(target as never, DAY))}, ${json({
        ...storage,
        record_keys: ['line_id'],
        columns: ['line_id', 'customer_id', 'customer_email', 'customer_name', 'sales_representative', 'dt'],
        ordering: [],
      })})`,
    )) as { sql: string; rows: string }[];
    expect(made.map(({ sql }) => /WHEN MATCHED THEN (\w+)/.exec(sql)?.[1])).toEqual([
      'DELETE',
      'UPDATE',
      'UPDATE',
    ]);
    expect(made[0]?.rows).toContain("r.`sold_at` < TIMESTAMP '2018-01-01 00:00:00 UTC' AND ");
    expect(made[0]?.rows).toContain("`action` IN ('delete', 'pseudonymise')");
    const token = 'CASE WHEN r.`customer_id` IS NULL THEN k1.`token` ELSE k0.`token` END';
    expect(made[1]?.rows).toContain(`${token} AS \`customer_id\``);
    expect(made[1]?.rows).toContain(
      `CASE WHEN r.\`customer_name\` IS NULL THEN NULL ELSE ${token} END AS \`customer_name\``,
    );
    expect(made[1]?.rows).toContain('NULLIF(r.`customer_email`, r.`customer_email`) AS `customer_email`');
    expect(made[1]?.sql).toMatch(
      /UPDATE SET t\.`line_id` = s\.`line_id`, t\.`customer_id` = s\.`customer_id`, /,
    );
    expect(made[2]?.rows).toContain('k0.`token` AS `sales_representative`');
    expect(made[2]?.rows).toContain("`action` IN ('mention') AND `kind` = 'employee'");
  });

  test('takes retained fields out of rows that have the token, where anything is left in them', async () => {
    const target = erasureTargets([{ ...withRetained('SalesLine'), engine: 'athena' }])[0];
    const columns = ['line_id', 'customer_id', 'customer_name', 'city', 'sold_at', 'dt'];
    const made = (await python(
      `changes(${json(jobTable(target as never, DAY))}, ${json({ ...storage, record_keys: ['line_id'], columns, ordering: [] })})`,
    )) as { sql: string; rows: string }[];
    const [lost, released] = made;
    expect(lost?.rows).toContain('r.`customer_name` AS `customer_name`, r.`city` AS `city`');
    expect(released?.rows).toContain(
      "WHERE r.`sold_at` < TIMESTAMP '2018-01-01 00:00:00 UTC' AND (r.`customer_name` <> r.`customer_id` OR r.`city` IS NOT NULL) AND k0.`token` IS NOT NULL",
    );
    expect(released?.rows).toContain('NULLIF(r.`city`, r.`city`) AS `city`');
    expect(released?.rows).toContain("`action` IN ('release') AND `kind` = 'customer'");
    expect(released?.rows).not.toContain('k1.');
  });

  test('names and texts cannot leave their quotes', async () => {
    expect(await python(`[name(${json('a`b')}), text(${json("it's \\ '; --")})]`)).toEqual([
      '`a``b`',
      "'it\\'s \\\\ \\'; --'",
    ]);
  });

  test('reads how a table finds its rows from Hudi’s own properties', async () => {
    const properties =
      '#Properties\\nhoodie.table.type=MERGE_ON_READ\\nhoodie.table.recordkey.fields=tenant_id,id\\n' +
      'hoodie.table.partition.fields=dt:SIMPLE\\nhoodie.table.precombine.field=at\\n';
    expect(await python(`storage_of("${properties}", ["_hoodie_commit_time", "id", "at"])`)).toEqual({
      record_keys: ['tenant_id', 'id'],
      partitions: ['dt'],
      ordering: ['at'],
      columns: ['id', 'at'],
      merge_on_read: true,
    });
    await expect(python('storage_of("hoodie.table.type=COPY_ON_WRITE", [])')).rejects.toThrow(
      'no record key',
    );
  });

  test('frees what old files hold', async () => {
    expect(await python(`expiry(${json(table)}, ${json(storage)})`)).toEqual([
      "CALL run_compaction(op => 'schedule', table => 'loans.decisions', options => 'hoodie.compact.inline.max.delta.commits=1')",
      "CALL run_compaction(op => 'run', table => 'loans.decisions')",
      "CALL run_clean(table => 'loans.decisions', clean_policy => 'KEEP_LATEST_FILE_VERSIONS', file_versions_retained => 1)",
    ]);
    expect(await python(`len(expiry(${json(table)}, ${json({ ...storage, merge_on_read: false })}))`)).toBe(
      1,
    );
  });

  test('refuses a table that is stored by what would have to change', async () => {
    const columns = { tokenised: [], emptied: [], lists: [] };
    const pseudonymise = { ...table, actions: [{ what: 'pseudonymise', of: ['pseudonymise'], columns }] };
    await expect(
      python(`changes(${json(pseudonymise)}, ${json({ ...storage, record_keys: ['applicant_id'] })})`),
    ).rejects.toThrow('cannot be changed');
  });
});
