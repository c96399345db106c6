import { Float } from 'type-graphql';
import { Dimension, Measure, Metrics, MetricsRow } from '../metrics';
import { SafeInt } from '../scalars';
import { Reading } from './reading';

@Metrics('ReadingSeries', {
  from: () => Reading,
  description: 'Readings put together by period, device or metric.',
})
export class ReadingSeries extends MetricsRow {
  @Dimension({ description: 'Id of the device.' })
  deviceId?: string;

  @Dimension({ description: 'What was measured.' })
  metric?: string;

  @Dimension({ description: 'Unit of the values.' })
  unit?: string;

  @Dimension({ description: 'Site or depot.' })
  site?: string;

  @Dimension({ description: 'Latitude.' })
  latitude?: number;

  @Dimension({ description: 'Longitude.' })
  longitude?: number;

  @Measure(() => SafeInt, { count: true }, { description: 'Number of readings.' })
  readings?: number;

  @Measure(() => Float, { average: 'value' }, { description: 'Mean of the values.' })
  mean?: number;

  @Measure(() => Float, { minimum: 'value' }, { description: 'Smallest value.' })
  minimum?: number;

  @Measure(() => Float, { maximum: 'value' }, { description: 'Largest value.' })
  maximum?: number;

  @Measure(() => SafeInt, { countDistinct: 'deviceId' }, { description: 'Number of different devices.' })
  devices?: number;
}
