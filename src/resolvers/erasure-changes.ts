import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';
import { HoldErasureInput, RequestErasureInput } from '../schema/entities/erasure-inputs';
import { ErasureRequest } from '../schema/entities/erasure-request';
import { ErasureSchedule } from '../schema/entities/erasure-settings';
import { requestView, scheduleView, subjectKeys, type RequestView } from './erasure-views';

/** What people do about erasures. */
@Resolver()
export class ErasureChangesResolver {
  @Mutation(() => ErasureRequest, {
    description:
      'Asks for the erasure of people. Nothing is erased until somebody else approves the plan that follows.',
  })
  async requestErasure(
    @Arg('input', () => RequestErasureInput, { description: 'Whom, under which law, and why.' })
    input: RequestErasureInput,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    const { keys, csv, reason, regulation, receivedOn, idempotencyKey } = input;
    const record = await erasures.submit({
      keys: subjectKeys(keys ?? []),
      ...(typeof csv === 'string' ? { csv } : {}),
      ...(typeof reason === 'string' ? { reason } : {}),
      regulation,
      receivedOn,
      idempotencyKey,
    });
    return requestView(record, erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description:
      'Approves the plan. From now on the people are gone from every answer; a batch does the rest. Never by the person who asked.',
  })
  async approveErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Arg('planHash', () => ID, { description: 'Hash of the plan that you looked at.' }) planHash: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.approve(id, planHash), erasures.day);
  }

  @Mutation(() => ErasureRequest, { description: 'Refuses a planned request for good.' })
  async rejectErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Arg('reason', () => String, { description: 'Why. At most 1,000 characters; name no person.' })
    reason: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.reject(id, reason), erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description: 'Withdraws a request whose erasure has not begun; the people are seen again.',
  })
  async cancelErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Arg('reason', () => String, {
      nullable: true,
      description: 'Why. At most 1,000 characters; name no person.',
    })
    reason: string | null | undefined,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.cancel(id, reason ?? undefined), erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description:
      'Makes a fresh plan of a request that nobody approved yet, at once. It asks every store, so it takes a while.',
  })
  async replanErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.replan(id), erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description: 'Tries again what failed, under the same approval, and what could not be deleted.',
  })
  async retryErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.retry(id), erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description:
      'Keeps rows back, whatever was asked. Rows that a running statement takes are not held any more, nor items of DynamoDB that have gone; the rest goes on by itself when the hold ends.',
  })
  async holdErasure(
    @Arg('input', () => HoldErasureInput, { description: 'What is kept, on what ground, until when.' })
    input: HoldErasureInput,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    const { id, datasets, ground, purpose, until } = input;
    const terms = { ground, purpose, until, ...(datasets ? { datasets } : {}) };
    return requestView(await erasures.hold(id, terms), erasures.day);
  }

  @Mutation(() => ErasureRequest, { description: 'Ends a hold early, and gives the request that it was on.' })
  async releaseHold(
    @Arg('id', () => ID, { description: 'The hold; see `holds` of its request.' }) id: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.release(id), erasures.day);
  }

  @Mutation(() => ErasureRequest, {
    description: 'Moves the due date as far as the law allows, once, before it is due.',
  })
  async extendErasure(
    @Arg('id', () => ID, { description: 'The request.' }) id: string,
    @Arg('note', () => String, {
      description: 'How and when the people were told. At most 1,000 characters; name no person.',
    })
    note: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.extend(id, note), erasures.day);
  }

  @Mutation(() => ErasureSchedule, {
    description: 'Lets no further step of a batch begin, of any tenant; steps that are under way end.',
  })
  async pauseErasures(
    @Arg('reason', () => String, { description: 'Why. At most 1,000 characters; name no person.' })
    reason: string,
    @Ctx() { erasures }: RequestContext,
  ) {
    await erasures.pause(reason);
    return scheduleView(await erasures.schedule());
  }

  @Mutation(() => ErasureSchedule, { description: 'Lets batches go on.' })
  async resumeErasures(@Ctx() { erasures }: RequestContext) {
    await erasures.resume();
    return scheduleView(await erasures.schedule());
  }
}
