import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { LoadRow } from '../import/transform';
import { opaqueId } from './ids';
import type { Random } from './random';
import { loadRow } from './rows';

const DEVICES = 40;
const READINGS_EACH = 500;
const FIRST = Date.UTC(2026, 8, 1);
/** 500 steps fill the 30 days of September 2026. */
const STEP_MS = (30 * 86_400_000) / READINGS_EACH;

const SITES = [
  { site: 'Hamburg', latitude: 53.54, longitude: 9.98 },
  { site: 'Rotterdam', latitude: 51.95, longitude: 4.14 },
  { site: 'Gothenburg', latitude: 57.69, longitude: 11.86 },
  { site: 'Antwerp', latitude: 51.28, longitude: 4.34 },
] as const;
const METRICS = [
  { metric: 'temperature', unit: '°C', low: 15, high: 95 },
  { metric: 'speed', unit: 'km/h', low: 0, high: 40 },
  { metric: 'fuel', unit: '%', low: 5, high: 100 },
  { metric: 'load', unit: 't', low: 0, high: 45 },
] as const;

/** September 2026 of one tenant's devices: each takes every metric in turn, where it stands. */
export function* sampleReadings(dataset: DatasetDeclaration, random: Random): Generator<LoadRow> {
  for (let device = 1; device <= DEVICES; device += 1) {
    const { site, ...home } = random.one(SITES);
    let { latitude, longitude } = home as { latitude: number; longitude: number };
    const levels = METRICS.map(({ low, high }) => random.number(low, high, 1));
    for (let step = 0; step < READINGS_EACH; step += 1) {
      const at = step % METRICS.length;
      const { metric, unit, low, high } = METRICS[at] ?? METRICS[0];
      const level = Math.min(Math.max((levels[at] ?? low) + random.number(-3, 3, 1), low), high);
      levels[at] = level;
      // A short way from the last place, drawn back to the site.
      latitude += random.number(-0.002, 0.002, 6) + (home.latitude - latitude) * 0.05;
      longitude += random.number(-0.002, 0.002, 6) + (home.longitude - longitude) * 0.05;
      yield loadRow(dataset, {
        id: opaqueId('reading', device, step),
        deviceId: `device-${String(device).padStart(3, '0')}`,
        recordedAt: new Date(FIRST + step * STEP_MS).toISOString(),
        metric,
        value: Number(level.toFixed(1)),
        unit,
        latitude: Number(latitude.toFixed(6)),
        longitude: Number(longitude.toFixed(6)),
        site,
      });
    }
  }
}
