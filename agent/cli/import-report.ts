import { type DeviceRanking, rankOperators } from '../core/operator-totals.ts';
import type { Imported } from '../import/import-files.ts';
import { durationTable, recordingFigures } from './baseline-text.ts';
import { asColumns } from './text-columns.ts';
import { formatSeconds } from './text-seconds.ts';

const MAX_NAME = 60;

/** What was imported, as JSON. `top`: operators of each device that are listed. */
export function importJson({ files, recording, notes }: Imported, top: number): object {
  const { profile } = recording;
  return {
    files: files.map(({ path, format, bytes, elements, skipped }) => ({
      path,
      kind: format.kind,
      bytes,
      elements,
      skipped,
    })),
    ...recordingFigures(recording),
    ...(profile !== undefined && {
      profile: {
        profiler: profile.profiler,
        iterations: profile.iterations,
        devices: rankOperators(profile.operators, top),
      },
    }),
    notes,
  };
}

/** The same for people. */
export function importText(imported: Imported, top: number): string {
  const { files, recording, notes } = imported;
  return [
    ...files.map(
      (file) => `${file.path}: ${file.format.title}, ${file.elements.toLocaleString('en')} elements`,
    ),
    ...files.flatMap(({ skipped }) =>
      Object.entries(skipped).map(([reason, count]) => `left out: ${count} ${reason}`),
    ),
    ...latencyLines(imported),
    ...operatorLines(recording.profile, top),
    ...notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}

function latencyLines({ recording }: Imported): readonly string[] {
  const figures = recordingFigures(recording);
  const { requests, slices, sliceMs } = figures;
  if (requests === 0) return [];
  const time = `${(slices * sliceMs) / 1000} s, ${slices} slices of ${sliceMs} ms`;
  return ['', `${requests.toLocaleString('en')} requests in ${time}`, ...durationTable(figures)];
}

function operatorLines(profile: Imported['recording']['profile'], top: number): readonly string[] {
  if (profile === undefined) return [];
  const { iterations, operators } = profile;
  const runs = iterations === 0 ? 'an unknown number of' : iterations.toLocaleString('en');
  const header = ['operator', 'device', 'calls', iterations === 0 ? 'self' : 'self a run', 'share'];
  const rows = rankOperators(operators, top).flatMap((device) => deviceRows(device, Math.max(1, iterations)));
  return ['', `${operators.length} operators in ${runs} runs of the model`, ...asColumns([header, ...rows])];
}

function deviceRows({ device, selfNs, top, others }: DeviceRanking, runs: number): string[][] {
  const row = (name: string, figures: { calls: number; selfNs: number }): string[] => [
    name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`,
    device,
    figures.calls.toLocaleString('en'),
    formatSeconds(figures.selfNs / 1e9 / runs),
    selfNs === 0 ? '' : `${((figures.selfNs / selfNs) * 100).toFixed(1)} %`,
  ];
  const rows = top.map((operator) => row(operator.name, operator));
  return others.operators === 0 ? rows : [...rows, row(`${others.operators} others`, others)];
}
