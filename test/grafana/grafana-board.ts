import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../source-files.ts';

const FOLDER = join(ROOT, 'deploy/grafana/dashboards');

/** A dashboard's file, as far as the tests read it. */
export interface BoardFile {
  readonly name: string;
  readonly uid: string;
  readonly panels: readonly PanelFile[];
  readonly templating: { readonly list: readonly VariableFile[] };
}

export interface PanelFile {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly repeat?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly transformations?: readonly { readonly id: string }[];
  readonly targets?: readonly TargetFile[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

interface TargetFile {
  readonly refId: string;
  readonly query: string;
  readonly resultFormat: 'time_series' | 'table';
  readonly alias?: string;
}

export interface VariableFile {
  readonly type: string;
  readonly name: string;
  readonly query: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly current?: { readonly value: string };
}

/** The committed dashboards. */
export function readBoards(): readonly BoardFile[] {
  return readdirSync(FOLDER).map((file) => {
    const board = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<BoardFile, 'name'>;
    return { ...board, name: file.replace('.json', '') };
  });
}

/** Panels that ask for something; rows don't. */
export function askingPanels(board: BoardFile): readonly PanelFile[] {
  return board.panels.filter(({ type }) => type !== 'row');
}

/** Grafana's unit of a column or series of a panel. */
export function panelUnit(panel: PanelFile, column: string): string | undefined {
  const override = panel.fieldConfig?.overrides.find(
    ({ matcher }) => matcher.id === 'byName' && matcher.options === column,
  );
  const unit = override?.properties.find(({ id }) => id === 'unit')?.value;
  return typeof unit === 'string' ? unit : panel.fieldConfig?.defaults.unit;
}
