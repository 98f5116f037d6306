import type { Config } from '../config/config.ts';
import { arn, owned, type Grant } from './grants.ts';

const ELB = 'elasticloadbalancing';

/** For `preview`: rules with this environment's tag, and no others. To make one with tags is to tag it (ELB user guide, AddTags). */
export function previewGrants(config: Config): readonly Grant[] {
  if (config.preview === undefined) return [];
  const rules = [arn(config, ELB, 'listener-rule/app/*/*/*/*')];
  return [
    {
      use: 'run',
      Sid: 'MakePreview',
      Action: [`${ELB}:CreateRule`],
      Resource: [arn(config, ELB, 'listener/app/*/*/*')],
      Condition: owned(config, 'RequestTag'),
    },
    {
      use: 'run',
      Sid: 'TagPreview',
      Action: [`${ELB}:AddTags`],
      Resource: rules,
      Condition: { StringEquals: { [`${ELB}:CreateAction`]: 'CreateRule' } },
    },
    {
      use: 'run',
      Sid: 'DeletePreview',
      Action: [`${ELB}:DeleteRule`],
      Resource: rules,
      Condition: owned(config, 'ResourceTag'),
    },
  ];
}
