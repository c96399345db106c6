import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { Page } from '../auth/erasure-access';
import type { RequestContext } from '../context';
import type { PlannedErasure } from '../erasure/planning';
import { ErasureKeysArguments, ErasureRequestsArguments } from '../schema/entities/erasure-inputs';
import {
  ErasureKeyConnection,
  LeftOutErasureKeyConnection,
  SubjectKeyInput,
} from '../schema/entities/erasure-keys';
import { ErasurePlan } from '../schema/entities/erasure-plan';
import { ErasureHold, ErasureRequest, ErasureRequestConnection } from '../schema/entities/erasure-request';
import {
  ErasurePreview,
  ErasurePreviewPerson,
  ErasureSchedule,
  Regulation,
} from '../schema/entities/erasure-settings';
import {
  filterOf,
  holdView,
  keyView,
  planView,
  regulationView,
  requestView,
  scheduleView,
  subjectKeys,
  type RequestView,
} from './erasure-views';
import { Selection } from './selection';

@Resolver(() => ErasureRequest)
export class ErasureResolver {
  @Query(() => ErasureRequest, { nullable: true, description: 'One request for erasure, by its id.' })
  async erasureRequest(
    @Arg('id', () => ID, { description: 'Id of the request.' }) id: string,
    @Ctx() { erasures }: RequestContext,
  ): Promise<RequestView> {
    return requestView(await erasures.find(id), erasures.day);
  }

  @Query(() => ErasureRequestConnection as never, { description: 'Requests for erasure, newest first.' })
  async erasureRequests(
    @Args(() => ErasureRequestsArguments) { where, first, after }: ErasureRequestsArguments,
    @Ctx() { erasures }: RequestContext,
  ) {
    const page = await erasures.list(filterOf(where), first, after ?? undefined);
    return connectionView(page, after, (record) => requestView(record, erasures.day));
  }

  @Query(() => [Regulation], { description: 'Laws that people ask for erasure under, and their clocks.' })
  async regulations(@Ctx() { erasures }: RequestContext) {
    return [...(await erasures.regulations())].map(([id, law]) => regulationView(id, law, erasures.day));
  }

  @Query(() => ErasureSchedule, { description: 'Whether batches run, and the one under way.' })
  async erasureSchedule(@Ctx() { erasures }: RequestContext) {
    return scheduleView(await erasures.schedule());
  }

  @FieldResolver(() => ErasurePlan, {
    nullable: true,
    description: 'Plan that was shown last; null until there is one.',
  })
  async plan(@Root() { record }: RequestView, @Ctx() { erasures }: RequestContext) {
    const plan = await erasures.plan(record);
    return plan === undefined ? null : planView(plan);
  }

  @FieldResolver(() => [ErasureHold], { description: 'Its legal holds, released ones too, oldest first.' })
  async holds(@Root() { record }: RequestView, @Ctx() { erasures }: RequestContext) {
    return (await erasures.holds(record)).map((hold) => holdView(hold, erasures.day));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Signed certificate (JWS, compact); `npm run erasure -- verify` checks it. Null until it is issued.',
  })
  async certificate(@Root() { record }: RequestView, @Ctx() { erasures }: RequestContext) {
    return (await erasures.certificate(record)) ?? null;
  }

  @FieldResolver(() => ErasureKeyConnection as never, {
    nullable: true,
    description: 'All keys of the people; null until they are looked for, and when they are no longer kept.',
  })
  async keys(
    @Root() { record }: RequestView,
    @Args(() => ErasureKeysArguments) { first, after }: ErasureKeysArguments,
    @Ctx() { erasures }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    const page = await erasures.keys(record, { first, ...behind(after), clear: wantsClear(info) });
    return page === undefined ? null : connectionView(page, after, keyView);
  }

  @FieldResolver(() => LeftOutErasureKeyConnection as never, {
    nullable: true,
    description:
      'Linked keys that were not taken; null until they are looked for, and when they are no longer kept.',
  })
  async leftOutKeys(
    @Root() { record }: RequestView,
    @Args(() => ErasureKeysArguments) { first, after }: ErasureKeysArguments,
    @Ctx() { erasures }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    const page = await erasures.leftOutKeys(record, { first, ...behind(after), clear: wantsClear(info) });
    return page === undefined ? null : connectionView(page, after, keyView);
  }
}

/** A preview, and what its people are read from. */
interface PreviewView {
  personCount: number;
  plan: ReturnType<typeof planView>;
  found: PlannedErasure;
}

@Resolver(() => ErasurePreview)
export class ErasurePreviewResolver {
  @Query(() => ErasurePreview, {
    description:
      'Whom an erasure by these keys would find, and what it would do. Nothing is written. It asks every store, so it takes a while, and costs what `extensions.cost` says; also where it is refused.',
  })
  async erasurePreview(
    @Arg('keys', () => [SubjectKeyInput], { nullable: true, description: 'Keys as they would be asked for.' })
    keys: SubjectKeyInput[] | null | undefined,
    @Arg('csv', () => String, {
      nullable: true,
      description: 'A file of keys, as `requestErasure` takes it.',
    })
    csv: string | null | undefined,
    @Ctx() { erasures }: RequestContext,
  ): Promise<PreviewView> {
    const found = await erasures.preview(subjectKeys(keys ?? []), csv ?? undefined);
    return { personCount: found.people.length, plan: planView(found.plan), found };
  }

  @FieldResolver(() => [ErasurePreviewPerson], { description: 'The people, in the order of their keys.' })
  async people(
    @Root() { found }: PreviewView,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many of them, 1 to 100.' }) first: number,
    @Ctx() { erasures }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    const selection = Selection.of(info);
    const clear = ['keys', 'leftOutKeys'].some((name) => selection.below(name)?.has('key') === true);
    return (await erasures.previewPeople(found, first, clear)).map(({ keys, leftOutKeys }) => ({
      keys: keys.map(keyView),
      leftOutKeys: leftOutKeys.map(keyView),
    }));
  }
}

function behind(after: string | null | undefined): { after?: string } {
  return typeof after === 'string' ? { after } : {};
}

/** Whether a connection of keys is asked for the keys themselves. */
function wantsClear(info: GraphQLResolveInfo): boolean {
  const selection = Selection.of(info);
  return [selection.below('nodes'), selection.below('edges')?.below('node')].some(
    (one) => one?.has('key') === true,
  );
}

function connectionView<T, V>(page: Page<T>, after: string | null | undefined, view: (item: T) => V) {
  const nodes = page.items.map(view);
  const last = nodes.length - 1;
  return {
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: page.cursor(index) })),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: typeof after === 'string',
      startCursor: last < 0 ? null : page.cursor(0),
      endCursor: last < 0 ? null : page.cursor(last),
    },
  };
}
