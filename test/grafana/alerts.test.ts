import { expect } from 'chai';
import { firing, type RuleFile, readRules, storeQueries } from './alert-file.ts';
import { readBoards } from './grafana-board.ts';
import { columnUnits } from './query-units.ts';
import { createSdkCheck, type SdkCheck } from './sdk-schema.ts';

/** What the catalog calls final comes this long after a window's end, delivery included. */
const FINAL_SECONDS = 60;
const WINDOWED = /"(inference|inference_phase|inference_gpu)"/;

describe('the alert rules', () => {
  const rules = readRules();
  const titles = (found: readonly RuleFile[]): string[] => found.map(({ title }) => title);

  it('cover what an operator must know', () => {
    expect(rules.map(({ uid }) => uid.replace('infermeter-', ''))).to.include.members([
      'slo',
      'errors',
      'gpu-memory',
      'gpu-throttled',
      'tensor-idle',
      'silent',
      'queue',
    ]);
    expect(new Set(rules.map(({ uid }) => uid)).size).to.equal(rules.length);
  });

  it('say what happened, what it means and what to do', () => {
    const silent = rules.filter(({ annotations }) =>
      ['summary', 'description', 'what_to_do'].some((key) => (annotations[key] ?? '').length < 20),
    );
    expect(titles(silent)).to.deep.equal([]);
  });

  it('name in their summary only labels that their query groups by', () => {
    for (const rule of rules) {
      const [query] = storeQueries(rule);
      const labels = [...(rule.annotations['summary'] ?? '').matchAll(/\{\{ \.Labels\.(\w+) \}\}/g)].map(
        (match) => match[1],
      );
      expect(labels.length, rule.title).to.be.above(0);
      for (const label of labels)
        expect(query?.model.query, rule.title).to.match(new RegExp(`GROUP BY [^)]*"${label}"[^)]*$`));
    }
  });

  it('look at windows only when they are final', () => {
    const early = rules.filter((rule) =>
      storeQueries(rule).some(
        ({ model, relativeTimeRange: { to } }) => WINDOWED.test(model.query) && to < FINAL_SECONDS,
      ),
    );
    expect(titles(early)).to.deep.equal([]);
  });

  it('hold for a while before they fire, but for what is lost already', () => {
    expect(titles(rules.filter((rule) => rule.for === '0s'))).to.deep.equal(['Points are lost']);
  });

  it('read fields that the catalog has', () => {
    for (const rule of rules) for (const { model } of storeQueries(rule)) columnUnits(model.query);
  });

  it('lead to a panel that is there', () => {
    const panels = readBoards().flatMap(({ uid, panels: own }) => own.map(({ id }) => `${uid} ${id}`));
    expect(panels).to.include.members(rules.map(({ dashboardUid, panelId }) => `${dashboardUid} ${panelId}`));
  });

  it('have no dollar where Grafana would put an environment variable', () => {
    const filled = rules
      .map(({ data: _, ...rest }) => JSON.stringify(rest))
      .filter((text) => text.includes('$'));
    expect(filled).to.deep.equal([]);
  });

  const cases: [what: string, uid: string, last: number, fires: boolean][] = [
    ['5 % of errors', 'infermeter-errors', 0.05, false],
    ['6 % of errors', 'infermeter-errors', 0.06, true],
    ['94 % within the objective', 'infermeter-slo', 0.94, true],
    ['95 % within the objective', 'infermeter-slo', 0.95, false],
    ['the last batch waiting for 3 minutes', 'infermeter-queue', 180, true],
    ['tensor cores that are never busy', 'infermeter-tensor-idle', 0, true],
  ];
  for (const [what, uid, last, fires] of cases) {
    it(`${what} ${fires ? 'fires' : 'does not fire'}`, () => {
      const rule = rules.find((candidate) => candidate.uid === uid) ?? expect.fail(uid);
      const answer = {
        name: 'm',
        tags: { model: 'a' },
        columns: ['time', 'value'],
        values: [
          [0, 0.5],
          [1, last],
        ],
      };
      expect(firing(rule, new Map([['A', [answer]]]))).to.deep.equal(fires ? ['a'] : []);
    });
  }

  describe('by the types of the SDK', () => {
    let check: SdkCheck;
    before(function () {
      this.timeout(60_000);
      check = createSdkCheck();
    });

    for (const { data, dashboardUid: _, panelId: __, ...rest } of rules) {
      it(`${rest.title} is a rule, with queries and expressions as they should be`, () => {
        const bare = data.map(({ model: ___, ...query }) => query);
        const rule = { ...rest, data: bare, orgID: 1, folderUID: 'infermeter', ruleGroup: 'group' };
        const parts = data.map(({ model }) => {
          const { intervalMs, maxDataPoints, ...own } = model as Readonly<Record<string, unknown>>;
          return check(model.type === undefined ? 'target' : `expression.${model.type}`, own);
        });
        expect([...check('rule', rule), ...parts.flat()]).to.deep.equal([]);
      });
    }
  });
});
