import { expect } from 'chai';
import { exactQuantile } from '../distributions.ts';
import { firing, type RuleFile, readRules, storeQueries } from '../grafana/alert-file.ts';
import { askingPanels, readBoards, type VariableFile } from '../grafana/grafana-board.ts';
import { type Choice, interpolate, type Scope } from '../grafana/interpolation.ts';
import { MeasuredFleet } from '../grafana/measured-fleet.ts';
import type { InfluxqlSeries } from '../servers/influxd.ts';
import { requireBinary } from '../servers/require-binary.ts';

/** What is wrong in the load, by rule; nothing else may fire. */
const FIRING: Readonly<Record<string, readonly string[]>> = {
  'infermeter-slo': ['org/llama.8b fp16', 'res net (50) fp16'],
  'infermeter-errors': ['org/llama.8b fp16'],
  'infermeter-server-errors': ['org/llama.8b int8', 'res net (50) int8'],
};
const QUARTER_MS = 15 * 60_000;

describe('dashboards and alerts, on a real influxd with what agents wrote of two minutes of load', () => {
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

  describe('figures', () => {
    const boards = readBoards();
    const ask = async (
      name: string,
      title: string,
      choice: Choice,
      step = '1m',
    ): Promise<readonly InfluxqlSeries[]> => {
      const board = boards.find((candidate) => candidate.name === name) ?? expect.fail(name);
      const panel = askingPanels(board).find((candidate) => candidate.title === title) ?? expect.fail(title);
      const query = panel.targets?.[0]?.query ?? '';
      return fleet.query(interpolate(query, board.templating.list, choice, { ...scope, step }));
    };
    const failing = { model: ['org/llama.8b'], variant: ['fp16'] };

    it('of errors are right', async () => {
      const [series] = await ask('inference', 'Errors', failing);
      expect(series.values[0][1]).to.be.closeTo(0.15, 1e-9);
    });

    it('of throughput are those of both replicas', async () => {
      const [series] = await ask(
        'inference',
        'Requests',
        { model: ['org/llama.8b'], variant: ['int8'], window: ['10s'] },
        '10s',
      );
      expect(series.values[0][1]).to.be.closeTo(40, 8);
    });

    it('of the distribution hold every request that succeeded', async () => {
      const counted = (await ask('inference', 'Distribution of latency', {})).flatMap(({ values }) => values);
      const sent = [...fleet.load.latencies.values()].flat().length;
      expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).to.equal(sent);
    });

    it('of all replicas’ p95 are above the exact ones by the ladder’s error at most', async () => {
      const answer = await ask('inference', 'p95 over all replicas', {});
      expect(answer).to.have.length(fleet.load.latencies.size);
      for (const { tags, values } of answer) {
        const sent = fleet.load.latencies.get(`${tags?.['model']} ${tags?.['variant']}`) ?? [];
        const exact = exactQuantile(
          sent.toSorted((a, b) => a - b),
          0.95,
        );
        expect(Number(values[0][1]) / exact).to.be.within(1, 1.2);
      }
    });

    it('of phases add up to the mean latency', async () => {
      const phases = await ask('inference', 'Phases of $variant', { ...failing, window: ['10s'] });
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      const sent = fleet.load.latencies.get('org/llama.8b fp16') ?? [];
      const means = phases.map(({ values }) => Number(values[1]?.[1]));
      expect(sum(means) / (sum(sent) / sent.length)).to.be.closeTo(1, 0.1);
    });
  });

  describe('alerts', () => {
    for (const rule of readRules()) {
      it(`${rule.title}: has rows, and fires for what is wrong only`, async () => {
        const answers = await askRule(rule, scope.toMs);
        for (const [refId, answer] of answers) expect(emptyColumns(answer), refId).to.deep.equal([]);
        const fired = firing(rule, answers).map((labels) => labels.replace(/127\.0\.0\.1:\d+ /, ''));
        expect(fired.sort()).to.deep.equal(FIRING[rule.uid] ?? []);
      });
    }

    it('an agent that was stopped is not missed, one that fell silent is', async () => {
      const silent =
        readRules().find(({ uid }) => uid === 'infermeter-silent') ?? expect.fail('there is a rule');
      const answers = await askRule(silent, scope.toMs + QUARTER_MS);
      expect(firing(silent, answers)).to.deep.equal(['pod-a.0']);
    });
  });

  /** The answers to a rule's queries, by their letter, as if it were judged at a time. */
  async function askRule(
    rule: RuleFile,
    nowMs: number,
  ): Promise<ReadonlyMap<string, readonly InfluxqlSeries[]>> {
    const answers = storeQueries(rule).map(async ({ refId, model, relativeTimeRange: { from, to } }) => {
      const range = { fromMs: nowMs - from * 1000, toMs: nowMs - to * 1000, step: '1m' };
      return [refId, await fleet.query(interpolate(model.query, [], {}, range))] as const;
    });
    return new Map(await Promise.all(answers));
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
