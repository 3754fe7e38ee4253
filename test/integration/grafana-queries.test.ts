import { expect } from 'chai';
import { askingPanels, readBoards, type VariableFile } from '../grafana/grafana-board.ts';
import { type Choice, interpolate, type Scope } from '../grafana/interpolation.ts';
import { MeasuredFleet } from '../grafana/measured-fleet.ts';
import type { InfluxqlSeries } from '../servers/influxd.ts';
import { requireBinary } from '../servers/require-binary.ts';

describe('the dashboards, on a real influxd with what agents wrote of two minutes of load', () => {
  let fleet: MeasuredFleet;
  let scope: Scope;
  let options: ReadonlyMap<string, readonly string[]>;

  before(async function () {
    this.timeout(120_000);
    requireBinary(this, 'influxd');
    fleet = await MeasuredFleet.serve();
    scope = { fromMs: fleet.startMs, toMs: Math.ceil(fleet.clock.wallMs()), step: '10s' };
  });
  after(() => fleet?.stop());

  for (const board of readBoards()) {
    const variables = board.templating.list;
    describe(board.name, () => {
      before(async () => {
        options = await readOptions(variables);
      });

      it('finds values for every variable', () => {
        const empty = variables.filter(
          ({ name, type }) => type === 'query' && (options.get(name) ?? []).length === 0,
        );
        expect(empty.map(({ name }) => name)).to.deep.equal([]);
      });

      for (const panel of askingPanels(board)) {
        for (const target of panel.targets ?? []) {
          it(`${panel.title} (${target.refId}) has rows for all values, one and several`, async () => {
            const step = panel.interval ?? '10s';
            const ask = (choice: Choice) =>
              fleet.query(interpolate(target.query, variables, choice, { ...scope, step }));
            for (const choices of [[{}], single(), several()]) {
              const answers = await askUntilRows(ask, choices);
              expect(emptyColumns(answers), target.query).to.deep.equal([]);
            }
          });
        }
      }
    });
  }

  async function readOptions(
    variables: readonly VariableFile[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>();
    for (const { type, name, query } of variables) {
      if (type !== 'query') continue;
      const answer = await fleet.query(interpolate(query, variables, {}, scope));
      found.set(
        name,
        [...new Set(answer.flatMap(({ values }) => values.map((row) => String(row[1]))))].sort(),
      );
    }
    return found;
  }

  /** One value of each variable: every combination of models, instances and GPUs, for not each has everything. */
  function single(): Choice[] {
    let choices: Choice[] = [{}];
    for (const [name, values] of options) {
      const own = name === 'window' ? ['1m'] : values;
      choices = own.flatMap((value) => choices.map((choice) => ({ ...choice, [name]: [value] })));
    }
    return choices;
  }

  /** Two values of each. */
  function several(): Choice[] {
    const choice = Object.fromEntries([...options].map(([name, values]) => [name, values.slice(0, 2)]));
    return [{ ...choice, window: ['1m'] }];
  }
});

async function askUntilRows(
  ask: (choice: Choice) => Promise<readonly InfluxqlSeries[]>,
  choices: readonly Choice[],
): Promise<readonly InfluxqlSeries[]> {
  let answer: readonly InfluxqlSeries[] = [];
  for (const choice of choices) {
    answer = await ask(choice);
    if (emptyColumns(answer).length === 0) break;
  }
  return answer;
}

/** Columns without any value; `rows` where there is none. */
function emptyColumns(answer: readonly InfluxqlSeries[]): string[] {
  const [first] = answer;
  if (first === undefined) return ['rows'];
  return first.columns.filter((_, column) =>
    answer.every(({ values }) => values.every((row) => row[column] === null)),
  );
}
