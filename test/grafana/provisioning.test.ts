import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { grafanaFiles } from '../../deploy/grafana/generated-files.ts';
import { ROOT } from '../source-files.ts';
import { readRules, storeQueries } from './alert-file.ts';

interface DatasourceFile {
  readonly datasources: readonly {
    readonly uid: string;
    readonly type: string;
    readonly url: string;
    readonly user?: string;
    readonly jsonData: Readonly<Record<string, string>>;
    readonly secureJsonData: Readonly<Record<string, string>>;
  }[];
}

describe('what Grafana is provisioned with', () => {
  it('is committed as the sources say', () => {
    const stale = grafanaFiles().filter(({ path, text }) => {
      const file = join(ROOT, path);
      return !existsSync(file) || readFileSync(file, 'utf8') !== text;
    });
    expect(stale.map(({ path }) => path)).to.deep.equal([]);
  });

  const sources: [folder: string, secret: string][] = [
    ['provisioning', 'Token $INFLUXDB_TOKEN'],
    ['provisioning-influxdb-1', '$INFLUXDB_PASSWORD'],
  ];
  for (const [folder, secret] of sources) {
    it(`${folder} has a data source that takes its secret from the environment`, () => {
      const [source] = datasourcesOf(folder);
      expect(source).to.include({ type: 'influxdb', url: '$INFLUXDB_URL' });
      expect(source.jsonData['dbName']).to.equal('$INFLUXDB_DATABASE');
      expect(Object.values(source.secureJsonData)).to.deep.equal([secret]);
    });

    it(`${folder} has the data source that the alerts ask`, () => {
      const [{ uid }] = datasourcesOf(folder);
      const asked = readRules().flatMap((rule) =>
        storeQueries(rule).map(({ datasourceUid }) => datasourceUid),
      );
      expect([...new Set(asked)]).to.deep.equal([uid]);
    });
  }
});

function datasourcesOf(folder: string): DatasourceFile['datasources'] {
  const text = readFileSync(join(ROOT, 'deploy/grafana', folder, 'datasources/infermeter.yaml'), 'utf8');
  return (parse(text) as DatasourceFile).datasources;
}
