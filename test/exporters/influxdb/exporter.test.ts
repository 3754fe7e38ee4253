import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { PointBatch } from '../../../agent/core/exporter.ts';
import { InfluxdbExporter } from '../../../exporters/influxdb/exporter.ts';
import type { InfluxdbOptions, InfluxdbVersion } from '../../../exporters/influxdb/options.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { type Script, type ScriptedAnswer, ScriptedHttp } from '../../servers/scripted-http.ts';
import { verdictCases } from './verdict-cases.ts';

const LINES = 'inference,model=m latency_p50_seconds=0.25 1800000000000\n';
const BATCH: PointBatch = { points: 1, gzip: gzipSync(LINES) };
const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

type Settings = Omit<InfluxdbOptions, 'url' | 'version'> & Partial<Pick<InfluxdbOptions, 'version'>>;

describe('influxdb exporter', () => {
  let server: ScriptedHttp;
  let exporter: InfluxdbExporter;
  const never = new AbortController().signal;

  const start = async (settings: Settings, ...answers: ScriptedAnswer[] | [Script]): Promise<void> => {
    server = await ScriptedHttp.start(...answers);
    exporter = new InfluxdbExporter(
      { version: 'auto', ...settings, url: server.url },
      new ManualClock(NOW_MS),
    );
    await exporter.start();
  };

  afterEach(async () => {
    await exporter.stop();
    await server.stop();
  });

  describe('sends the batch as it is', () => {
    const database = { database: 'my db', retentionPolicy: 'week', username: 'u', password: 'p:w' };
    const cases: [version: InfluxdbVersion, settings: Settings, path: string, authorization: string][] = [
      ['1', database, '/write?db=my+db&rp=week&precision=ms', `Basic ${btoa('u:p:w')}`],
      [
        '2',
        { org: 'o', bucket: 'b/c', token: 't' },
        '/api/v2/write?org=o&bucket=b%2Fc&precision=ms',
        'Token t',
      ],
      ['3', { database: 'd', token: 't' }, '/api/v3/write_lp?db=d&precision=millisecond', 'Bearer t'],
    ];
    for (const [version, settings, path, authorization] of cases) {
      it(`to the write API of InfluxDB ${version}`, async () => {
        await start({ ...settings, version });
        expect(await exporter.export(BATCH, never)).to.deep.equal({ kind: 'accepted' });
        const [request] = server.requests;
        expect({ method: request.method, path: request.path, body: request.body }).to.deep.equal({
          method: 'POST',
          path,
          body: LINES,
        });
        expect(request.headers).to.include({
          authorization,
          'content-type': 'text/plain; charset=utf-8',
          'content-encoding': 'gzip',
          'content-length': String(BATCH.gzip.length),
        });
      });
    }

    it('without credentials where none are given', async () => {
      await start({ database: 'd', version: '1' });
      await exporter.export(BATCH, never);
      expect(server.requests[0].headers).to.not.have.property('authorization');
    });
  });

  describe('reads an answer', () => {
    for (const { title, versions, answer, kind, says, ...rest } of verdictCases) {
      for (const version of versions) {
        it(`of version ${version}: ${title} → ${kind}`, async () => {
          await start({ database: 'd', version, token: 'sesame' }, answer);
          const outcome = await exporter.export(BATCH, never);
          expect(outcome).to.include({ kind, ...rest });
          const { reason = '' } = outcome as { reason?: string };
          expect(reason).to.include(says ?? '');
          expect(reason).to.not.include('sesame');
        });
      }
    }
  });

  describe('asks which version the server has', () => {
    const cases: [title: string, settings: Settings, ping: ScriptedAnswer, path: string][] = [
      ['1.x by its header', { database: 'd' }, { headers: { 'X-Influxdb-Version': '1.6.7' } }, '/write'],
      [
        '2.x by its header',
        { database: 'd', token: 't' },
        { headers: { 'X-Influxdb-Version': 'v2.7.1' } },
        '/api/v2/write',
      ],
      [
        '3.x by its header',
        { database: 'd' },
        { status: 200, headers: { 'X-Influxdb-Version': '3.2.0' } },
        '/api/v3/write_lp',
      ],
      ['without the header and with a token: 3', { database: 'd', token: 't' }, {}, '/api/v3/write_lp'],
      [
        'without the header, but it wants credentials: 3',
        { database: 'd' },
        { status: 401 },
        '/api/v3/write_lp',
      ],
      ['without the header and without a token: 1', { database: 'd' }, {}, '/write'],
    ];
    for (const [title, settings, ping, path] of cases) {
      it(title, async () => {
        await start(settings, (request) => (request.path === '/ping' ? ping : {}));
        await exporter.export(BATCH, never);
        await exporter.export(BATCH, never);
        const paths = server.requests.map((request) => request.path.split('?')[0]);
        expect(paths).to.deep.equal(['/ping', path, path]);
      });
    }

    const settled: [title: string, settings: Settings, path: string][] = [
      ['not with a bucket alone: 2', { bucket: 'b', org: 'o' }, '/api/v2/write'],
      ['not with a user name: 1', { database: 'd', username: 'u', password: 'p' }, '/write'],
      ['not with a retention policy: 1', { database: 'd', retentionPolicy: 'rp' }, '/write'],
    ];
    for (const [title, settings, path] of settled) {
      it(title, async () => {
        await start(settings);
        await exporter.export(BATCH, never);
        expect(server.requests.map((request) => request.path.split('?')[0])).to.deep.equal([path]);
      });
    }

    it('again after a refusal', async () => {
      let major = '2';
      await start({ database: 'd' }, ({ path }) => {
        if (path === '/ping') return { headers: { 'X-Influxdb-Version': `${major}.0` } };
        return { status: path.startsWith('/api/v3') ? 204 : 404 };
      });
      expect(await exporter.export(BATCH, never)).to.include({ kind: 'hold' });
      major = '3';
      expect(await exporter.export(BATCH, never)).to.deep.equal({ kind: 'accepted' });
    });

    it('and writes nothing while a proxy answers for it', async () => {
      await start({ database: 'd' }, { status: 502 });
      expect(await exporter.export(BATCH, never)).to.include({ kind: 'retry' });
      expect(server.requests.map((request) => request.path)).to.deep.equal(['/ping']);
    });
  });

  describe('connections', () => {
    it('are kept from one batch to the next, also after an error', async () => {
      await start({ database: 'd', version: '1' }, {}, { status: 500, body: 'sorry' }, {});
      for (let batch = 0; batch < 3; batch++) await exporter.export(BATCH, never);
      expect(server.connections).to.equal(1);
    });

    const hangs: [title: string, answer: ScriptedAnswer][] = [
      ['before its headers', { hang: 'silent' }],
      ['within its answer', { status: 200, body: 'abcdef', hang: 'in_body' }],
      ['within an error', { status: 500, body: 'abcdef', hang: 'in_body' }],
    ];
    for (const [title, answer] of hangs) {
      it(`are closed when the server hangs ${title} and the time is up`, async () => {
        const abort = new AbortController();
        await start({ database: 'd', version: '1' }, () => {
          setTimeout(() => abort.abort(), 20); // by then the answer has begun
          return answer;
        });
        expect(await exporter.export(BATCH, abort.signal)).to.deep.equal({
          kind: 'retry',
          reason: `${server.url}: no answer in time`,
        });
        await server.drained();
        server.answer({});
        expect(await exporter.export(BATCH, never)).to.deep.equal({ kind: 'accepted' });
      });
    }

    it('are not opened when there is no time left', async () => {
      await start({ database: 'd', version: '1' });
      expect(await exporter.export(BATCH, AbortSignal.abort())).to.include({ kind: 'retry' });
      expect(server.requests).to.deep.equal([]);
    });

    it('are closed by stop', async () => {
      await start({ database: 'd', version: '1' });
      await exporter.export(BATCH, never);
      await exporter.stop();
      await server.drained();
    });

    it('that are refused mean: try again', async () => {
      await start({ database: 'd' });
      await server.stop();
      const outcome = await exporter.export(BATCH, never);
      expect(outcome).to.include({ kind: 'retry' });
      expect(outcome).to.have.property('reason').that.includes('ECONNREFUSED');
      server = await ScriptedHttp.start();
    });
  });

  describe('secret files', () => {
    let folder: string;
    let path: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'infermeter-secret-'));
      path = join(folder, 'secret');
      writeFileSync(path, 'first\n');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const authorizations = (): (string | undefined)[] =>
      server.requests.map((request) => request.headers.authorization);

    it('are read again when they change', async () => {
      await start({ database: 'd', version: '3', tokenFile: path });
      await exporter.export(BATCH, never);
      writeFileSync(path, 'second token\n');
      await exporter.export(BATCH, never);
      expect(authorizations()).to.deep.equal(['Bearer first', 'Bearer second token']);
    });

    it('may hold the password', async () => {
      await start({ database: 'd', version: '1', username: 'u', passwordFile: path });
      await exporter.export(BATCH, never);
      expect(authorizations()).to.deep.equal([`Basic ${btoa('u:first')}`]);
    });

    it('are read again on a 401, even if the change left no trace', async () => {
      const stamp = new Date(NOW_MS);
      utimesSync(path, stamp, stamp);
      await start({ database: 'd', version: '2', tokenFile: path }, () => {
        writeFileSync(path, 'other');
        writeFileSync(path, 'again\n');
        utimesSync(path, stamp, stamp);
        return { status: 401 };
      });
      expect(await exporter.export(BATCH, never)).to.include({ kind: 'retry', afterMs: 0 });
      expect(await exporter.export(BATCH, never)).to.include({ kind: 'hold' });
      expect(authorizations()).to.deep.equal(['Token first', 'Token again']);
    });

    const broken: [title: string, content: string | undefined, says: string][] = [
      ['that are missing', undefined, 'ENOENT'],
      ['that are empty', ' \n', 'is empty'],
      ['that hold two lines', 'a\nb', 'header'],
    ];
    for (const [title, content, says] of broken) {
      it(`${title} hold the points back`, async () => {
        if (content === undefined) rmSync(path);
        else writeFileSync(path, content);
        await start({ database: 'd', version: '3', tokenFile: path });
        const outcome = await exporter.export(BATCH, never);
        expect(outcome).to.include({ kind: 'hold' });
        expect(outcome).to.have.property('reason').that.includes(says);
        expect(server.requests).to.deep.equal([]);
      });
    }
  });

  describe('check', () => {
    it('passes where the server refuses nothing but a line that cannot be stored', async () => {
      const refusal = { error: 'parsing failed for write_lp endpoint' };
      await start({ database: 'd', version: '3' }, { status: 400, body: JSON.stringify(refusal) });
      expect(await exporter.check(never)).to.deep.equal({
        ok: true,
        message: `${server.url} takes points for database "d" (write API 3)`,
      });
      expect(server.requests[0].body).to.equal('infermeter_check\n');
      expect(server.requests[0].path).to.include('accept_partial=false');
    });

    it('says why points would not be taken', async () => {
      await start({ bucket: 'b' }, { status: 404, body: 'bucket "b" not found' });
      const { ok, message } = await exporter.check(never);
      expect(ok).to.equal(false);
      expect(message).to.include('bucket "b" not found').and.include('influxdb.org');
    });
  });
});
