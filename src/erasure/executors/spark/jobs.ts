import {
  CancelJobRunCommand,
  EMRServerlessClient,
  GetJobRunCommand,
  StartJobRunCommand,
  type JobRunState,
} from '@aws-sdk/client-emr-serverless';
import type { Config } from '../../../config';
import { clientSettings, lean } from '../../../datasources/engines/clients';
import { ServiceCaller } from '../../../datasources/engines/service-caller';
import { SluiceError } from '../../../errors';

/** Where jobs run and what they run; all of it must be said before any can. */
export interface SparkSettings {
  application: string;
  role: string;
  /** `s3://…/erase_subjects.py`. */
  script: string;
  parameters: string;
  timeoutMinutes: number;
}

/** What is known of a job run. */
export interface JobRun {
  state: 'running' | 'done' | 'failed' | 'cancelled';
  /** What the service says of it, to be matched and not shown. */
  details?: string;
}

const STATES: Readonly<Record<JobRunState, JobRun['state']>> = {
  SUBMITTED: 'running',
  PENDING: 'running',
  SCHEDULED: 'running',
  QUEUED: 'running',
  RUNNING: 'running',
  CANCELLING: 'running',
  SUCCESS: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** Jobs of one application of EMR Serverless. */
export class SparkJobs {
  private readonly client: EMRServerlessClient;
  private readonly caller: ServiceCaller;

  constructor(
    config: Pick<Config, 'AWS_REGION' | 'SLUICE_SPARK_ENDPOINT' | 'SLUICE_CALL_DEADLINE_MS'>,
    private readonly settings: SparkSettings,
  ) {
    this.client = lean(
      new EMRServerlessClient(clientSettings(config.AWS_REGION, config.SLUICE_SPARK_ENDPOINT)),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
  }

  /**
   * Starts a run, or gives the one that was started with the same token before.
   *
   * @param token 1 to 64 characters of `A-Za-z0-9._-` (StartJobRun, clientToken)
   * @param job its name, for people in the service's console, and the script's arguments
   */
  async start(token: string, job: { name: string; arguments: readonly string[] }): Promise<string> {
    const { application, role, script, parameters, timeoutMinutes } = this.settings;
    const command = new StartJobRunCommand({
      applicationId: application,
      clientToken: token,
      executionRoleArn: role,
      name: job.name,
      executionTimeoutMinutes: timeoutMinutes,
      jobDriver: {
        sparkSubmit: {
          entryPoint: script,
          entryPointArguments: [...job.arguments],
          sparkSubmitParameters: parameters,
        },
      },
    });
    // Not given up half way: only its answer says which run to follow.
    const { jobRunId: id } = await this.caller.call((abortSignal) =>
      this.client.send(command, { abortSignal }),
    );
    if (typeof id !== 'string') throw new SluiceError('ENGINE_FAILED', undefined, 'No jobRunId.');
    return id;
  }

  async look(id: string, signal: AbortSignal): Promise<JobRun> {
    const command = new GetJobRunCommand({ applicationId: this.settings.application, jobRunId: id });
    const { jobRun } = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }), {
      signal,
    });
    const state = jobRun?.state === undefined ? undefined : STATES[jobRun.state];
    // An answer of no known state would be asked for again for ever.
    if (state === undefined) throw new SluiceError('ENGINE_FAILED', undefined, { statementId: id });
    const details = jobRun?.stateDetails;
    return { state, ...(details === undefined ? {} : { details }) };
  }

  /** Asks for a run to be ended; one that has ended already is no trouble. */
  async cancel(id: string, signal: AbortSignal): Promise<void> {
    const command = new CancelJobRunCommand({ applicationId: this.settings.application, jobRunId: id });
    await this.caller
      .call((abortSignal) => this.client.send(command, { abortSignal }), {
        signal,
        expected: ['ValidationException', 'ResourceNotFoundException'],
      })
      .catch((error: unknown) => {
        if (error instanceof SluiceError || signal.aborted) throw error;
      });
  }

  close(): void {
    this.client.destroy();
  }
}
