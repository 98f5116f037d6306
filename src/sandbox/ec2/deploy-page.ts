import { z } from 'zod';
import type { Instances } from '../instances/index.ts';
import { ApiError, type AdminPage } from '../service.ts';

const deployRequest = z.strictObject({
  instance: z.string(),
  release: z.string().min(1),
  /** How long nothing answers while the app is replaced. */
  ms: z.number().nonnegative().max(600_000).default(300),
});

/** `POST /_turnout/deploy`: what somebody's deploy script does on an instance. Answers when the app has been replaced. */
export function deployPage(instances: Pick<Instances, 'deploy'>): AdminPage {
  return {
    write: async (body) => {
      const parsed = deployRequest.safeParse(body);
      if (!parsed.success) throw new ApiError('InvalidDeploy', z.prettifyError(parsed.error));
      const { instance, release, ms } = parsed.data;
      if (!(await instances.deploy(instance, release, ms)))
        throw new ApiError('NotRunning', `${instance} is no running instance.`, 409);
      return { instance, release };
    },
  };
}
