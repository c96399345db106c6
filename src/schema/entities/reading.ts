import { Float, ID } from 'type-graphql';
import { Column, Dataset } from '../columns';
import { DateTime } from '../scalars';

@Dataset('Reading', {
  domain: 'telemetry',
  description: 'One value that a device reported: a measurement, a position, or both.',
  engine: 'athena',
  database: 'telemetry',
  table: 'readings',
  tenant: 'operator_id',
  key: 'id',
  time: 'recordedAt',
  partition: { column: 'dt', from: 'recordedAt' },
  subject: 'deviceId',
  erasure: { keys: { deviceId: 'device' }, rule: { action: 'delete' } },
})
export class Reading {
  @Column(() => ID, {
    class: 'internal',
    column: 'reading_id',
    nullable: false,
    description: 'Opaque id of the reading.',
  })
  id: string;

  @Column(() => ID, { class: 'identifier', description: 'Id of the device.' })
  deviceId?: string;

  @Column(() => DateTime, { class: 'internal', nullable: false, description: 'When the device took it.' })
  recordedAt: string;

  @Column(() => String, {
    class: 'public',
    description: 'What was measured: `temperature`, `position`, `speed`…',
  })
  metric?: string;

  @Column(() => Float, {
    class: 'internal',
    description: 'The measured value, in `unit`; null for a bare position.',
  })
  value?: number;

  @Column(() => String, { class: 'public', description: 'Unit of the value.' })
  unit?: string;

  @Column(() => Float, {
    class: 'location',
    coarse: 0.1,
    unit: 'degrees north (WGS 84)',
    description: 'Latitude.',
  })
  latitude?: number;

  @Column(() => Float, {
    class: 'location',
    coarse: 0.1,
    unit: 'degrees east (WGS 84)',
    description: 'Longitude.',
  })
  longitude?: number;

  @Column(() => String, { class: 'internal', description: 'Site or depot the device belongs to.' })
  site?: string;
}
