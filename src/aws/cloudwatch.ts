import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandOutput,
} from '@aws-sdk/client-cloudwatch';
import type { Send, Session } from './session.ts';

/** A metric that AWS keeps of something. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The finest that load balancers are counted by (ELB user guides, CloudWatch metrics). */
const PERIOD_S = 60;

/** The one CloudWatch call that turnout makes. Errors are `OperatorError`s. */
export class CloudWatch {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('cloudwatch', new CloudWatchClient(session.clientConfig()));
  }

  /** All that was counted from one time to the other, in milliseconds since the epoch. Nothing is reported of minutes without any. */
  async sum({ namespace, name, dimensions }: Metric, fromMs: number, toMs: number): Promise<number> {
    const { Datapoints } = await this.#send<GetMetricStatisticsCommandOutput>(
      new GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        Period: PERIOD_S,
        Statistics: ['Sum'],
      }),
    );
    return (Datapoints ?? []).reduce((sum, { Sum }) => sum + (Sum ?? 0), 0);
  }
}
