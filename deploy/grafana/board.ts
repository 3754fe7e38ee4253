import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  RowBuilder,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** One dashboard. */
export interface BoardSpec {
  /** Of file and address. */
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly rows: readonly BoardRow[];
}

/** A row of it, with a title above its panels. */
export interface BoardRow {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

/** A dashboard; its panels flow from left to right, row by row. */
export function board({ name, title, text, variables, rows }: BoardSpec): Dashboard {
  const builder = new DashboardBuilder(`infermeter: ${title}`)
    .uid(`infermeter-${name}`)
    .description(text)
    .tags(['infermeter'])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .link(linkToOthers())
    .variables([...variables]);
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  const dashboard = builder.build();
  numberPanels(dashboard.panels ?? []);
  return dashboard;
}

function linkToOthers(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('infermeter')
    .type(DashboardLinkType.Dashboards)
    .tags(['infermeter'])
    .keepTime(true)
    .includeVars(true);
}

/** Links to a panel hold its number; the SDK gives none. */
function numberPanels(panels: (Panel | RowPanel)[]): void {
  panels.forEach((panel, index) => {
    panel.id = index + 1;
  });
}
