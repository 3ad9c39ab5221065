import { int, nested } from './message.js';
import { layoutValue } from './value.js';

/** A section of the Custom Scalars page. */
export interface ChartCategory {
  title: string;
  charts: readonly Chart[];
  closed?: boolean;
}

export type Chart =
  /** One chart of all scalars whose tags match one of the regular expressions (RE2). */
  | { title: string; tags: readonly string[] }
  /** Lines with a band around them; each name is a tag. */
  | { title: string; margins: readonly Margin[] };

export interface Margin {
  value: string;
  lower: string;
  upper: string;
}

/** tensorboard/plugins/custom_scalar/layout.proto, under the only tag that the plugin reads. */
export const layout = (categories: readonly ChartCategory[]): Uint8Array =>
  layoutValue('custom_scalars__config__', Buffer.concat(categories.map(category)));

const category = ({ title, charts, closed = false }: ChartCategory): Uint8Array =>
  nested(2, nested(1, title), ...charts.map(chart), ...(closed ? [int(3, 1)] : []));

const chart = (chart: Chart): Uint8Array =>
  nested(
    2,
    nested(1, chart.title),
    'tags' in chart
      ? nested(2, ...chart.tags.map((tag) => nested(1, tag)))
      : nested(3, ...chart.margins.map(margin)),
  );

const margin = ({ value, lower, upper }: Margin): Uint8Array =>
  nested(1, nested(1, value), nested(2, lower), nested(3, upper));
