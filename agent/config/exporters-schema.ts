import { boolean, byteSize, choice, duration, httpUrl, MAX_PATH, section, text } from './option.ts';

const influxdb = section(
  { help: 'InfluxDB 1, 2 or 3, or what speaks its write API. Off without a url.' },
  {
    url: httpUrl('Where InfluxDB listens.', { example: 'http://127.0.0.1:8086' }).optional(),
    version: choice('Which write API to use; auto asks the server.', ['auto', '1', '2', '3']).prefault(
      'auto',
    ),
    org: text('Organization (version 2).', { max: 256, example: 'my-org' }).optional(),
    bucket: text('Bucket (version 2).', { max: 256, example: 'inference' }).optional(),
    token: text('Token (versions 2 and 3). Better in the environment or in token_file.', {
      max: 4096,
      secret: true,
      example: 'my-token',
    }).optional(),
    token_file: text('File that holds the token; read again when it changes.', {
      max: MAX_PATH,
      example: '/run/secrets/influx-token',
    }).optional(),
    database: text('Database (versions 1 and 3).', { max: 256, example: 'inference' }).optional(),
    retention_policy: text("Retention policy (version 1); absent: the database's default.", {
      max: 256,
      example: 'autogen',
    }).optional(),
    username: text('User name (version 1).', { max: 256, example: 'infermeter' }).optional(),
    password: text('Password (version 1). Better in the environment or in password_file.', {
      max: 4096,
      secret: true,
      example: 'my-password',
    }).optional(),
    password_file: text('File that holds the password; read again when it changes.', {
      max: MAX_PATH,
      example: '/run/secrets/influx-password',
    }).optional(),
  },
).prefault({});

/** `exporters`: where points go. */
export const exporters = section(
  { help: 'Where points go.' },
  {
    local: section(
      {
        help: 'History in the data directory, for the page: on by itself where no influxdb.url is given, `local: {}` turns it on beside one, `local: false` off.',
        shorthand: 'enabled',
      },
      {
        enabled: choice('Whether it is on; auto: where no other store is configured.', [
          'auto',
          'true',
          'false',
        ]).prefault('auto'),
        retention: duration('How long points are kept.', { min: '1m', max: '365d' }).prefault('24h'),
        max_bytes: byteSize('How large the history may become; the oldest points go first.', {
          min: '8MiB',
          max: '1TiB',
        }).prefault('512MiB'),
      },
    ).prefault({}),
    influxdb,
    prometheus: section(
      {
        help: 'Counters and histograms since the start on /metrics; `false` turns it off.',
        shorthand: 'enabled',
      },
      { enabled: boolean('Whether /metrics has the requests of the models.').prefault('true') },
    ).prefault({}),
  },
).prefault({});
