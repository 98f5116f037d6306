import { z } from 'zod';
import type { Instances } from '../instances/index.ts';
import { ApiError, type AdminPage } from '../service.ts';

const deployRequest = z.strictObject({
  instance: z.string(),
  release: z.string().min(1),
  /** Downtime while the app is replaced. */
  ms: z.number().nonnegative().max(600_000).default(300),
});

/** `POST /_turnout/deploy` stands for a deploy script: it replaces the app of an instance and answers once that is done. */
export function deployPage(instances: Pick<Instances, 'deploy'>): AdminPage {
  return {
    write: async (body) => {
      const parsed = deployRequest.safeParse(body);
      if (!parsed.success) throw new ApiError('InvalidDeploy', z.prettifyError(parsed.error));
      const { instance, release, ms } = parsed.data;
      if (!(await instances.deploy(instance, release, ms)))
        throw new ApiError('NotRunning', `${instance} is not a running instance.`, 409);
      return { instance, release };
    },
  };
}
