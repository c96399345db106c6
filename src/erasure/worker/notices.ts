import type { Logger } from 'pino';
import { daysLeft, isOverdue, isReminderDue, type Regulations } from '../regulations';
import { END_STATES } from '../states';
import type { Journal, Request } from './journal';

/** Says in the history and the log when a request is due soon, and when it is late. */
export class Notices {
  constructor(
    private readonly journal: Journal,
    private readonly regulations: Regulations,
    private readonly logger: Logger,
  ) {}

  async give(request: Request): Promise<Request> {
    if (END_STATES.includes(request.state)) return request;
    const { id, tenant, dueOn, history } = request;
    const day = this.journal.clock.day();
    const law = this.regulations.get(request.regulation);
    const left = daysLeft(request, day);
    if (isOverdue(request, day)) {
      const since = `Due on ${dueOn}.`;
      if (history.some(({ event, note }) => event === 'OVERDUE' && note === since)) return request;
      this.logger.error({ event: 'erasure_overdue', request: id, tenant, dueOn }, 'erasure is overdue');
      return this.journal.note(request, 'OVERDUE', since);
    }
    if (law === undefined || !isReminderDue(law, request, day)) return request;
    this.logger.warn({ event: 'erasure_due_soon', request: id, tenant, dueOn, left }, 'erasure is due soon');
    return this.journal.note(request, 'REMINDED', `Due on ${dueOn}, in ${left} days.`, { remindedOn: day });
  }
}
