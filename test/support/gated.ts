import type { Gate, Gating, GateVerdict } from '../../src/domain/gates.ts';
import { NO_GATES, type GatePort, type Occasion } from '../../src/gates/gates.ts';
import { Rig } from './fake-run-task.ts';
import { weightedRig } from './weighted-rig.ts';

export const COMMAND_GATE = { name: 'smoke', kind: 'command', dryRun: false } as const satisfies Gate;
export const METRIC_GATE = { name: 'errors', kind: 'metric', dryRun: false, rise: 0.01 } as const satisfies Gate;
export const ALARM_GATE = { name: 'alarm', kind: 'alarm', dryRun: false, alarm: 'shop-5xx' } as const satisfies Gate;

/** What a gate says of the nth question about it. */
type GateAnswer = (occasion: Occasion, n: number) => GateVerdict;

/** A run in a world whose gates say what `answer` says, and whose alarms look back 180 s. */
export function gated(world: 'members' | 'weights', gating: Partial<Gating>, answer: GateAnswer = () => 'pass') {
  const rig = world === 'members' ? new Rig() : weightedRig(2);
  const asked: Occasion[] = [];
  const judge: GatePort['judge'] = async (_gate, occasion) => {
    asked.push(occasion);
    const verdict = answer(occasion, asked.length);
    return { verdict, why: `it was ${verdict}`, numbers: { n: asked.length } };
  };
  const alarms: GatePort['alarms'] = async (names) =>
    names.map((name) => ({ name, state: 'OK', why: '', needsS: 180, isPartial: false }));
  const gates = {
    ...NO_GATES,
    gating: { gates: [COMMAND_GATE], onInconclusive: 'hold', ...gating } as Gating,
    judge,
    alarms,
  };
  Object.assign(rig.fake.ports, { gates });
  const verdicts = () => rig.events.flatMap((event) => (event.type === 'verdict' ? event : []));
  return { rig, asked, gates, verdicts };
}
