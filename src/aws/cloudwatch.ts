import * as sdk from '@aws-sdk/client-cloudwatch';
import type { Send, Session } from './session.ts';

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Load balancers report metrics once a minute (ELB user guides, CloudWatch metrics). */
const PERIOD_S = 60;

/** The one CloudWatch call that turnout makes. Errors are `OperatorError`s. */
export class CloudWatch {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('cloudwatch', new sdk.CloudWatchClient(session.clientConfig()));
  }

  /** Sum of the metric between two times, in milliseconds since the epoch. A minute without data counts as 0. */
  async sum({ namespace, name, dimensions }: Metric, fromMs: number, toMs: number): Promise<number> {
    const { Datapoints = [] } = await this.#send(
      new sdk.GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        Period: PERIOD_S,
        Statistics: ['Sum'],
      }),
    );
    return Datapoints.reduce((sum, { Sum }) => sum + (Sum ?? 0), 0);
  }
}
