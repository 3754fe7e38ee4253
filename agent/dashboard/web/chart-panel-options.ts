/** What one chart is about, whatever its lines are at the moment. */
export interface ChartPanelOptions {
  readonly title: string;
  readonly help: string;
  readonly filled: boolean;
  readonly format: (value: number | undefined) => string;
  readonly formatAxis: (values: readonly number[]) => string[];
  /** The whole of a share: the axis reaches up to it. Absent: up to the greatest value. */
  readonly fullScale?: number;
  /** Distances between the axis' lines to choose from. Absent: decimal ones. */
  readonly axisSteps?: readonly number[];
}
