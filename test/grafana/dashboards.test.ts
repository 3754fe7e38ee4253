import { expect } from 'chai';
import { catalog } from '../../agent/core/catalog/catalog.ts';
import { dashboards } from '../../deploy/grafana/generated-files.ts';
import { askingPanels, type BoardFile, type PanelFile, panelUnit, readBoards } from './grafana-board.ts';
import { columnUnits } from './query-units.ts';
import { createSdkCheck, type SdkCheck } from './sdk-schema.ts';

/** How Grafana may show each unit of the catalog, and those that follow by calculation. */
const SHOWN_AS: Readonly<Record<string, readonly string[]>> = {
  s: ['s'],
  By: ['bytes'],
  J: ['joule'],
  ratio: ['percentunit'],
  '1': ['short'],
  '1/s': ['cps', 'reqps', 'suffix: tok/s'],
  '1/J': ['suffix: tok/J'],
  text: ['string'],
  MiB: ['mbytes'],
  MHz: ['suffix: MHz'],
  Cel: ['celsius'],
  W: ['watt'],
};
const AVERAGED_PERCENTILE =
  /\b(mean|median|sum)\("(latency_p\d+_seconds|seconds_p\d+|error_latency_p\d+_seconds|upper_seconds)"\)/;
const WINDOWED = /"(inference|inference_phase|inference_gpu)"/;

describe('the dashboards', () => {
  const boards = readBoards();
  const panels = boards.flatMap((board) => askingPanels(board).map((panel) => ({ board, panel })));
  const queries = panels.flatMap(({ board, panel }) =>
    (panel.targets ?? []).map(({ query }) => ({ at: `${board.name}: ${panel.title}`, panel, query })),
  );

  it('are those of the sources', () => {
    expect(boards.map(({ uid }) => uid).sort()).to.deep.equal(
      dashboards()
        .map(({ uid }) => uid)
        .sort(),
    );
  });

  it('show every measurement of the catalog', () => {
    const missing = Object.keys(catalog).filter(
      (name) => !queries.some(({ query }) => query.includes(`"${name}"`)),
    );
    expect(missing).to.deep.equal([]);
  });

  it('show every figure in the unit that the catalog gives it', () => {
    const wrong = queries.flatMap(({ at, panel, query }) =>
      Object.entries(columnUnits(query)).flatMap(([column, unit]) => {
        const shown = panelUnit(panel, column) ?? '';
        return fits(query, unit, shown) ? [] : [`${at}: ${column} is ${unit}, shown as ${shown}`];
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('never average percentiles', () => {
    expect(queries.filter(({ query }) => AVERAGED_PERCENTILE.test(query)).map(({ at }) => at)).to.deep.equal(
      [],
    );
  });

  it('never mix windows of different lengths', () => {
    const mixed = queries.filter(
      ({ query }) => WINDOWED.test(query) && !query.includes(`"window" = '$window'`),
    );
    expect(mixed.map(({ at }) => at)).to.deep.equal([]);
  });

  it('take GPUs by UUID before they add them up', () => {
    const sums = queries.filter(
      ({ query }) => /"(nvidia_smi|gpu_activity)\w*"/.test(query) && /\b(sum|count)\(/.test(query),
    );
    expect(sums.length).to.be.above(1);
    const early = sums.filter(
      ({ query }) => !/^SELECT (sum|count)\("value"\) .* FROM \(SELECT .* GROUP BY "uuid"\)/.test(query),
    );
    expect(early.map(({ at }) => at)).to.deep.equal([]);
  });

  it('leave the time out of tables before they merge targets into rows', () => {
    const tables = panels.filter(({ panel }) => panel.type === 'table');
    expect(tables.length).to.be.above(2);
    for (const { panel } of tables)
      expect(panel.transformations?.map(({ id }) => id)).to.deep.equal(['filterFieldsByName', 'merge']);
  });

  it('say of every panel what it means', () => {
    const silent = panels.filter(
      ({ panel }) => !/^[A-Z].{30,}\.$/s.test(panel.description ?? '') || panel.title === '',
    );
    expect(silent.map(({ board, panel }) => `${board.name}: ${panel.title}`)).to.deep.equal([]);
  });

  for (const board of boards) {
    it(`${board.name} uses the variables that it has, and has those that it uses`, () => {
      const text = JSON.stringify([board.panels, board.templating.list.map(({ query }) => query)]);
      const used = new Set(
        [...text.matchAll(/\$\{?(datasource|model|variant|instance|window|baseline|uuid)\b/g)].map(
          (match) => match[1],
        ),
      );
      expect([...used].sort()).to.deep.equal(board.templating.list.map(({ name }) => name).sort());
    });

    it(`${board.name} has panels of different numbers and titles that do not overlap`, () => {
      expect(new Set(board.panels.map(({ id }) => id)).size).to.equal(board.panels.length);
      expect(overlaps(board)).to.deep.equal([]);
    });
  }

  describe('by the types of the SDK', () => {
    let check: SdkCheck;
    before(function () {
      this.timeout(60_000);
      check = createSdkCheck();
    });

    for (const board of boards) {
      it(`${board.name} is a dashboard, with targets, options and lines as they should be`, () => {
        const bare = {
          ...board,
          name: undefined,
          panels: board.panels.map((panel) => ({ ...panel, targets: undefined })),
        };
        const problems = [
          ...check('dashboard', JSON.parse(JSON.stringify(bare))),
          ...askingPanels(board).flatMap((panel) => checkPanel(check, panel)),
        ];
        expect(problems).to.deep.equal([]);
      });
    }

    it('a key that is unknown is refused', () => {
      expect(
        check('target', { refId: 'A', query: '', rawQuery: true, resultFormat: 'table', sql: '' }),
      ).to.have.length(1);
    });
  });
});

function fits(query: string, unit: string, shown: string): boolean {
  if (unit === 'ratio' && query.includes('"inference_comparison"')) return shown === 'suffix: ×';
  return SHOWN_AS[unit]?.includes(shown) ?? false;
}

function overlaps(board: BoardFile): string[] {
  return board.panels.flatMap((panel, index) =>
    board.panels
      .slice(index + 1)
      .filter((other) => meet(panel, other) || other.gridPos.x + other.gridPos.w > 24)
      .map((other) => `${panel.title} and ${other.title}`),
  );
}

function meet({ gridPos: a }: PanelFile, { gridPos: b }: PanelFile): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function checkPanel(check: SdkCheck, panel: PanelFile): readonly string[] {
  const { type, targets = [], options, fieldConfig } = panel as PanelFile & { options: unknown };
  const custom = (fieldConfig?.defaults as { custom?: unknown } | undefined)?.custom;
  return [
    ...targets.flatMap((target) => check('target', target)),
    ...check(`options.${type}`, options),
    ...(custom === undefined || type === 'stat' ? [] : check(`custom.${type}`, custom)),
  ].map((problem) => `${panel.title}: ${problem}`);
}
