import { datasetOf } from './columns';
import type { Declarations } from './declarations';
import { AccessRecord } from './entities/access-record';
import { Decision } from './entities/decision';
import { DecisionMetrics } from './entities/decision-metrics';
import { Employee } from './entities/employee';
import { Headcount } from './entities/headcount';
import { Reading } from './entities/reading';
import { ReadingSeries } from './entities/reading-series';
import { SalesLine } from './entities/sales-line';
import { SalesMetrics } from './entities/sales-metrics';
import { metricsOf } from './metrics';

/** Every dataset and analytics type there is. A new one is added here and nowhere else. */
const DATASET_CLASSES = [Decision, Reading, Employee, SalesLine, AccessRecord] as const;
const METRICS_CLASSES = [DecisionMetrics, ReadingSeries, Headcount, SalesMetrics] as const;

/** All declarations, read once from the decorated classes. */
export const declarations: Declarations = {
  datasets: new Map(DATASET_CLASSES.map((type) => datasetOf(type)).map((dataset) => [dataset.name, dataset])),
  metrics: new Map(METRICS_CLASSES.map((type) => metricsOf(type)).map((metrics) => [metrics.name, metrics])),
};
